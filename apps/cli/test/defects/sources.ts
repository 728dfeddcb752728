/** Where the reference goes wrong with sources, jobs and words of the command line. */
import { code, type Defect, main } from "./defect.ts"

export const sources: ReadonlyArray<Defect> = [
  {
    reference: "a failed `job create` and a job that is not there end with status 0",
    ours: "each failure has its status",
    proofs: [
      {
        calls: [
          {
            args: ["job", "create", "code", "nowhere", "-p", "demo", "-E", "python main.py"],
            exit: 3,
            says: /^error: There is no directory `nowhere` \[E_SOURCE_NOT_FOUND\]$/m,
          },
          {
            args: ["job", "describe", "demo/nothing"],
            exit: 6,
            says: /^error: There is no job `local\/demo\/nothing:latest` \[E_JOB_NOT_FOUND\]$/m,
          },
        ],
      },
    ],
  },
  {
    reference: "`job list` looks into an entity that is nobody's where none is named",
    ours: "jobs are listed where they are made",
    proofs: [
      {
        files: main,
        calls: [
          {
            args: ["job", "create", "code", ".", "-n", "x", "-p", "demo", "-E", "python main.py"],
            says: /^Created job: local\/demo\/x:v0/m,
          },
          { args: ["job", "list"], says: /^local\/demo\/x:v0\t/m },
        ],
      },
    ],
  },
  {
    reference: "without a name, a code job has two names, one of which nobody finds",
    ours: "the name that is answered is the one that is found",
    proofs: [
      {
        files: { "code/main.py": "print(1)\n" },
        calls: [
          {
            args: ["job", "create", "code", "code", "-p", "demo", "-E", "python main.py"],
            says: /^Created job: local\/demo\/job-code-code:v0/m,
          },
          {
            args: ["job", "describe", "demo/job-code-code"],
            says: /^job +local\/demo\/job-code-code:v0$/m,
          },
        ],
      },
    ],
  },
  {
    reference: "entry points are cut at blanks, quotes or not",
    ours: "they are words as in a shell",
    proofs: [
      {
        files: main,
        calls: [
          {
            args: ["--uri", ".", "-p", "demo", "-E", `python main.py "two words" 'a "b"'`],
            says: /^\['two words', 'a "b"'\]$/m,
          },
        ],
      },
    ],
  },
  {
    reference: "a runtime.txt with `python-3.10` leads to an image `python:python-3.10`",
    ours: "the version is read from it",
    proofs: [
      {
        files: { ...main, "runtime.txt": "python-3.10\n" },
        calls: [{ args: ["plan", ...code], says: /^ +FROM python:3\.10-slim$/m }],
      },
    ],
  },
  {
    reference: "nothing is checked before the login, not even which flags go together",
    ours: "flags are checked with no engine, no store and no key",
    proofs: [
      {
        calls: [
          {
            args: ["--uri", ".", "--job", "x"],
            env: { DOCKER_HOST: "unix:///nowhere", RELAUNCH_HOME: "/proc/nowhere" },
            exit: 2,
            says: /^error: `--uri` and `--job` exclude each other \[E_USAGE\]$/m,
          },
        ],
      },
    ],
  },
  {
    reference:
      "a source is taken for git by letters of its name, and for a directory by their absence",
    ours: "what is there decides: directories, URLs, remotes of ssh",
    proofs: [
      {
        files: { "legit/main.py": "print(1)\n", "a/b/git/main.py": "print(1)\n" },
        calls: [
          ...["legit", "a/b/git"].map((uri) => ({
            args: ["plan", "--uri", uri, "-p", "demo", "-E", "python main.py"],
            says: /^ +type +code$/m,
          })),
          {
            args: [
              "plan",
              "--uri",
              "https://127.0.0.1:1/team/repo",
              "-p",
              "demo",
              "-E",
              "python main.py",
            ],
            exit: 75,
            says: /^error: `https:\/\/127\.0\.0\.1:1\/team\/repo` cannot be reached/m,
          },
        ],
      },
      { file: "packages/source/test/remote.test.ts", title: "is decided by what is there" },
    ],
  },
  {
    reference: "a default branch that is neither main nor master is not found",
    ours: "the remote says which it is",
    proofs: [{ file: "apps/cli/test/git.test.ts", title: "from a default branch named trunk" }],
  },
  {
    reference: "a password in the URL is stored in the job",
    ours: "no password is stored",
    proofs: [{ file: "apps/cli/test/secrets.test.ts", title: "is seen nowhere" }],
  },
  {
    reference: "without a project, a source is stored under a project named `None`",
    ours: "the project is named after the source, and `job create` wants one",
    proofs: [
      {
        files: { "digits/main.py": "print(1)\n" },
        calls: [
          {
            args: ["plan", "--uri", "digits", "-E", "python main.py"],
            says: /^ +local\/digits\/job-code-digits:v0 +new$/m,
          },
          {
            args: ["job", "create", "code", "digits", "-E", "python main.py"],
            exit: 2,
            says: /^error: A job needs a project \[E_USAGE\]$/m,
          },
        ],
      },
    ],
  },
  {
    reference: "a job of the command line refuses values, as it expects none, when it is called",
    ours: "values of a further launch reach the program",
    proofs: [
      {
        file: "apps/cli/test/again.test.ts",
        title: "of a git commit, launched with another value, finds it in wandb.config",
      },
    ],
  },
  {
    reference: "a job with schemas of its inputs loses the mark that its types are not known yet",
    ours: "a schema is refused, and no job is made without it",
    proofs: [
      {
        files: { ...main, "schema.json": "{}" },
        calls: [
          {
            args: ["job", "create", "code", ".", "-p", "demo", "--schema", "schema.json"],
            exit: 2,
            says: /Unknown option `--schema`/,
          },
          { args: ["job", "list", "--json"], says: /^\[\]$/m },
        ],
      },
    ],
  },
]
