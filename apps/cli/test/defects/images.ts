/** Where the reference goes wrong with images, containers and places to run. */
import { code, type Defect, main } from "./defect.ts"

const planned = (folder: string, project: string) => ({
  args: ["plan", "--uri", folder, "-J", "x", "-p", project, "-E", "python main.py"],
  says: /^Image$/m,
})

export const images: ReadonlyArray<Defect> = [
  {
    reference: "the build context does not count where no Dockerfile is named",
    ours: "dependencies and code are those of the build context",
    proofs: [
      {
        file: "apps/cli/test/code.test.ts",
        title: "looks in the build context of a subdirectory, not in the root",
      },
    ],
  },
  {
    reference: "`Dockerfile.wandb` is looked for beside the command's last word, whatever that is",
    ours: "it is looked for beside the script, which words behind it do not change",
    proofs: [
      {
        files: {
          "src/train.py": "print(1)\n",
          "src/Dockerfile.wandb": "FROM python:3.13-slim\nLABEL beside=script\n",
          "Dockerfile.wandb": "FROM python:3.13-slim\nLABEL beside=nothing\n",
        },
        calls: [
          {
            args: ["plan", "--uri", ".", "-p", "demo", "-E", "python src/train.py --lr 0.1"],
            says: /^ +LABEL beside=script$/m,
          },
        ],
      },
    ],
  },
  {
    reference: "older Pythons start from a Debian that gets no fixes and lacks newer tags",
    ours: "every Python starts from the slim image of its own tag",
    proofs: [
      {
        files: main,
        calls: ["3.10", "3.11", "3.13"].map((version) => ({
          args: ["plan", ...code, "--runtime", version],
          says: new RegExp(`^ +FROM python:${version}-slim$`, "m"),
        })),
      },
    ],
  },
  {
    reference: "who builds is in the Dockerfile: two users give two images",
    ours: "users give one image",
    proofs: [
      {
        files: main,
        agree: [
          { args: ["plan", ...code], env: { USER: "root", LOGNAME: "root" }, says: /./ },
          { args: ["plan", ...code], env: { USER: "alice", LOGNAME: "alice" }, says: /./ },
        ],
        answer: /^ +tag +(\S+)$/m,
      },
    ],
  },
  {
    reference: "an image that root builds runs as root",
    ours: "the default image runs as a user of its own",
    proofs: [
      {
        file: "apps/cli/test/code.test.ts",
        title: "installs project.dependencies of pyproject.toml, as a user that is not root",
      },
    ],
  },
  {
    reference: "the tag covers neither content nor context: other code gets the same image",
    ours: "other content has another image, under one name in two projects",
    proofs: [
      {
        files: { "a/main.py": "print(1)\n", "b/main.py": "print(2)\n" },
        differ: [planned("a", "one"), planned("b", "two")],
        answer: /^ +tag +(\S+)$/m,
      },
      {
        files: { ...main, "sub/main.py": "print(1)\n" },
        differ: [
          { args: ["plan", ...code], says: /./ },
          { args: ["plan", ...code, "--build-context", "sub"], says: /./ },
        ],
        answer: /^ +tag +(\S+)$/m,
      },
    ],
  },
  {
    reference: "a registry with a port cannot be pushed to",
    ours: "images are pushed to it",
    proofs: [
      { file: "apps/cli/test/builder-choice.test.ts", title: "buildkit with a destination" },
    ],
  },
  {
    reference: "every build leaves its context in the folder for temporary files",
    ours: "nothing stays, whether the build succeeds or fails",
    proofs: [
      {
        files: { ...main, "Dockerfile.bad": "FROM python:3.13-slim\nRUN exit 9\n" },
        calls: [
          { args: code, says: /^run \w+ finished/m },
          { args: [...code, "-D", "Dockerfile.bad"], exit: 4, says: /exit code 9 \[E_BUILD\]$/m },
        ],
        temporary: "empty",
      },
    ],
  },
  {
    reference: "another entry point for a stored job is not used, nor one for an image",
    ours: "it is what runs",
    proofs: [
      {
        files: { ...main, "other.py": "print('the other')\n" },
        calls: [
          { args: [...code, "-J", "x"], says: /^\[\]$/m },
          { args: ["--job", "demo/x", "-E", "python other.py"], says: /^the other$/m },
          {
            args: [
              "--job",
              "demo/x",
              "-c",
              `{"overrides": {"entry_point": ["python", "other.py"]}}`,
            ],
            says: /^the other$/m,
          },
        ],
      },
      { file: "apps/cli/test/image.test.ts", title: "runs the given entry point instead" },
    ],
  },
  {
    reference: "the key of a run is in the arguments of a process",
    ours: "secrets are in no process's arguments",
    proofs: [
      { file: "apps/cli/test/secrets.test.ts", title: "is long, and the command does not say it" },
      {
        file: "apps/cli/test/secrets.test.ts",
        title: "reaches the program, and nothing else sees it",
      },
    ],
  },
  {
    reference:
      "names of variables in resource arguments are filled from the environment of who launches",
    ours: "texts stay as they are",
    proofs: [
      {
        files: { "main.py": "import os\nprint(os.environ['A'])\n" },
        calls: [
          {
            args: [...code, "-R", `{"env": ["A=\${HOME} and \${project_name}"]}`],
            says: /^\$\{HOME\} and \$\{project_name\}$/m,
          },
        ],
      },
    ],
  },
  {
    reference: "a queue's single name in launch-config.yaml is read and then refused",
    ours: "the builder and platform of that file are read, and a queue's name keeps neither from it",
    proofs: [
      {
        files: {
          "launch-config.yaml": "queue: default\nqueues: [a, b]\nbuilder:\n  type: podman\n",
        },
        calls: [
          {
            args: ["config", "show", "--json"],
            env: { WANDB_CONFIG_DIR: "." },
            says: /"value": "podman",\s+"origin": "launch-config\.yaml:3"/,
          },
        ],
      },
    ],
  },
  {
    reference:
      "names of Kubernetes jobs lose their digits, and a context that is named is not found",
    ours: "names keep their digits, and another place to run is refused",
    proofs: [
      {
        files: main,
        calls: [
          { args: ["plan", ...code, "-J", "train-2026"], says: /relaunch\/train-2026:/ },
          {
            args: ["plan", ...code, "-r", "kubernetes"],
            exit: 2,
            says: /`kubernetes`.*local-container/,
          },
        ],
      },
    ],
  },
  {
    reference: "a registry of one cloud cannot be configured by its own keys",
    ours: "any registry is one, by the address that images go to",
    proofs: [
      {
        files: {
          ...main,
          "relaunch.yaml":
            "builder:\n  type: buildkit\n  destination: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team\n",
        },
        calls: [
          { args: ["config", "validate"], says: /relaunch\.yaml: good$/m },
          {
            args: ["config", "show"],
            says: /"destination":"123456789012\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/team/,
          },
        ],
      },
    ],
  },
]
