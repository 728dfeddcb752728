/** Sources that are no sources: directories, remotes and refs that lie or attack. */
import { type BadInput, code, main } from "./case.ts"

const git = ["-p", "demo", "-E", "python main.py", "--uri"]
const urlHint = /Use `https:\/\/host\/team\/repo\.git`/

/** `shown` where a part of it may be a login. */
const refused = (title: string, uri: string, why: string, shown = uri): BadInput => ({
  title,
  args: ["-p", "demo", "-E", "python main.py", `--uri=${uri}`],
  answer: {
    code: "E_GIT_URL",
    message: `Git remote \`${shown}\` is refused: ${why}`,
    hint: urlHint,
  },
})

const remotes: ReadonlyArray<BadInput> = [
  refused(
    "a remote helper, `ext::`",
    "ext::sh -c touch% /tmp/owned",
    "it holds blanks, backslashes or control bytes",
  ),
  refused("a remote helper without blanks", "ext::id", "only https and ssh are used"),
  refused("an option in place of a remote", "--upload-pack=touch:x", "it starts with a dash"),
  refused("an option as the host of ssh", "ssh://-oProxyCommand=id/x", "the host is not a name"),
  refused(
    "an option as the host, encoded",
    "ssh://%2doProxyCommand=id/x",
    "the host is not a name",
  ),
  refused(
    "an option as the user of ssh",
    "ssh://-l@host/x",
    "the host is not a name",
    "ssh://***@host/x",
  ),
  refused("an option as the path of scp form", "git@host:-x", "a part of it starts with a dash"),
  refused("a file URL", "file:///etc", "only https and ssh are used"),
  refused("plain http", "http://127.0.0.1:1/x.git", "only https and ssh are used"),
  refused("git's own protocol", "git://127.0.0.1/x.git", "only https and ssh are used"),
  refused(
    "a backslash in a remote",
    "https://a\\@b/x.git",
    "it holds blanks, backslashes or control bytes",
    "https://***@b/x.git",
  ),
  {
    title: "a newline in a remote",
    args: [...git, "https://host/x\n.git"],
    answer: {
      code: "E_GIT_URL",
      message: /^Git remote `https:\/\/host\/x\\n\.git` is refused/,
      hint: urlHint,
    },
  },
  {
    title: "a remote that nothing listens at",
    args: [...git, "https://127.0.0.1:1/x.git"],
    answer: {
      code: "E_NETWORK",
      message: /^`https:\/\/127.0.0.1:1\/x.git` cannot be reached: /,
      hint: /try again/,
    },
  },
  {
    title: "a remote host that does not exist",
    args: [...git, "https://nowhere.invalid/x.git"],
    answer: {
      code: "E_NETWORK",
      message: /^`https:\/\/nowhere.invalid\/x.git` cannot be reached: /,
      hint: /try again/,
    },
  },
  {
    title: "a password in a remote that is refused",
    args: [...git, "ftp://ada:s3cret-pass@host/x.git"],
    answer: {
      code: "E_GIT_URL",
      message: "Git remote `ftp://***@host/x.git` is refused: only https and ssh are used",
      hint: urlHint,
    },
  },
]

const directories: ReadonlyArray<BadInput> = [
  {
    title: "a directory that is not there",
    args: ["--uri", "nowhere", "-p", "demo", "-E", "python main.py"],
    answer: {
      code: "E_SOURCE_NOT_FOUND",
      message: "There is no directory `nowhere`",
      hint: /Give a directory/,
    },
  },
  {
    title: "an empty directory",
    args: code,
    answer: {
      code: "E_SOURCE_NOT_FOUND",
      message: /holds no files to run$/,
      hint: /Check the directory/,
    },
  },
  {
    title: "a name of 300 characters",
    args: ["--uri", "x".repeat(300), "-p", "demo", "-E", "python main.py"],
    answer: {
      code: "E_SOURCE_NOT_FOUND",
      message: /^There is no directory `x{300}`$/,
      hint: /Give a directory/,
    },
  },
  {
    title: "an empty source",
    files: main,
    args: ["--uri", "", "-p", "demo", "-E", "python main.py"],
    answer: { code: "E_USAGE", message: "`--uri` is empty", hint: /Give it a value/ },
  },
  {
    title: "a device as the source",
    args: ["--uri", "/dev/zero", "-p", "demo", "-E", "python main.py"],
    answer: {
      code: "E_SOURCE_NOT_FOUND",
      message: "`/dev/zero` is a file, not a directory or a git remote",
      hint: /Name the directory/,
    },
  },
  {
    title: "a name that the reference takes for a remote, `legit`",
    reference: true,
    args: ["--uri", "legit", "-p", "demo", "-E", "python main.py"],
    answer: {
      code: "E_SOURCE_NOT_FOUND",
      message: "There is no directory `legit`",
      hint: /Give a directory/,
    },
  },
  {
    title: "a ref for a directory",
    files: main,
    args: [...code, "-g", "main"],
    answer: {
      code: "E_USAGE",
      message: "`--git-hash` only goes with a git remote",
      hint: /is a directory/,
    },
  },
  {
    title: "a git login for a directory",
    files: main,
    args: [...code, "--git-username", "x"],
    answer: {
      code: "E_USAGE",
      message: "`--git-username` only goes with a git remote",
      hint: /as `--uri`/,
    },
  },
  {
    title: "a git login of the environment for a directory, which nobody needs",
    files: main,
    env: { RELAUNCH_GIT_USERNAME: "x" },
    args: code,
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
]

export const sources: ReadonlyArray<BadInput> = [...remotes, ...directories]
