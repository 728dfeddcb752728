/** One folder of bare repositories behind https with a login and behind ssh with a key. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import {
  daemonFiles,
  ensureDaemon,
  isRunning,
  output,
  type Problem,
  searchPath,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { ensureCertificates } from "./certificates.ts"
import { portFor, rigPlaces } from "./places.ts"
import { isAnswering } from "./registries.ts"

/** Characters that must be escaped in a URL, as people's passwords have them. */
export const gitLogin = { user: "developer", password: "p@ss:w/rd" }

export const repositoriesFolder = (): string => {
  const folder = join(rigPlaces().cache, "repositories")
  mkdirSync(folder, { recursive: true })
  return folder
}

export interface RunningGitHttps {
  readonly url: string
  readonly authority: string
}

export const ensureGitHttps: Effect.Effect<RunningGitHttps, Problem> = Effect.gen(function* () {
  const { state } = rigPlaces()
  const files = daemonFiles(state, "git-https")
  const port = yield* portFor("git-https", { isRunning: isRunning(files) })
  const { authority, certificate, key } = yield* ensureCertificates
  const settings = join(state, "git-https.json")
  const repositories = repositoriesFolder()
  writeFileSync(settings, JSON.stringify({ port, certificate, key, repositories, ...gitLogin }))
  const script = join(import.meta.dir, "git-https-script.ts")
  const url = `https://localhost:${port}`
  yield* ensureDaemon(
    { name: "the git server over https", command: [process.execPath, script, settings], files },
    isAnswering(`https://127.0.0.1:${port}/`),
  )
  return { url, authority }
})

export interface RunningGitSsh {
  readonly port: number
  readonly user: string
  /** For GIT_SSH_COMMAND. */
  readonly command: string
}

const ensureKey = (file: string): Effect.Effect<unknown, Problem> =>
  existsSync(file)
    ? Effect.void
    : output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "relaunch tests", "-f", file])

const writeProgram = (file: string, lines: ReadonlyArray<string>): string => {
  writeFileSync(file, `${lines.join("\n")}\n`)
  chmodSync(file, 0o755)
  return file
}

/** Serves git and nothing else, with paths that start at the folder of repositories. */
const onlyGit = (repositories: string) => [
  "#!/bin/sh",
  'verb=$(printf %s "$SSH_ORIGINAL_COMMAND" | sed -n "s/^git-\\(upload-pack\\|receive-pack\\|upload-archive\\) .*/\\1/p")',
  'path=$(printf %s "$SSH_ORIGINAL_COMMAND" | sed -n "s/^[^ ]* \'\\{0,1\\}\\/*\\(.*[^\']\\)\'\\{0,1\\}$/\\1/p")',
  '[ -n "$verb" ] || { echo "Only git is served here" >&2; exit 1; }',
  `cd '${repositories}' && exec git "$verb" "$path"`,
]

/** An ssh that knows the key and the port, and the account behind the customary name `git`. */
const sshAsGit = (options: ReadonlyArray<string>, user: string) => [
  "#!/bin/sh",
  "for argument; do",
  "  shift",
  `  case "$argument" in git@*) argument="${user}@\${argument#git@}" ;; esac`,
  '  set -- "$@" "$argument"',
  "done",
  `exec ssh ${options.join(" ")} "$@"`,
]

/** An sshd says the first word. */
export const isSshServer = (port: number): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("data", (data) => {
      socket.destroy()
      resume(Effect.succeed(data.toString().startsWith("SSH-")))
    })
    socket.once("error", () => resume(Effect.succeed(false)))
  }).pipe(
    Effect.timeout("5 seconds"),
    Effect.orElseSucceed(() => false),
  )

export const ensureGitSsh: Effect.Effect<RunningGitSsh, Problem> = Effect.gen(function* () {
  const { cache, state } = rigPlaces()
  const files = daemonFiles(state, "sshd")
  const port = yield* portFor("sshd", { isRunning: isRunning(files) })
  const keys = join(cache, "ssh")
  mkdirSync(keys, { recursive: true, mode: 0o700 })
  const hostKey = join(keys, "host")
  const userKey = join(keys, "user")
  yield* ensureKey(hostKey)
  yield* ensureKey(userKey)
  const program = writeProgram(join(state, "only-git"), onlyGit(repositoriesFolder()))
  const settings = join(state, "sshd.conf")
  const username = (yield* output(["id", "-un"])).trim()
  writeFileSync(
    settings,
    [
      ...["ListenAddress 127.0.0.1", `Port ${port}`, `HostKey ${hostKey}`, "PidFile none"],
      ...[
        `AuthorizedKeysFile ${userKey}.pub`,
        "StrictModes no",
        "UsePAM no",
        `AllowUsers ${username}`,
      ],
      ...["PasswordAuthentication no", "KbdInteractiveAuthentication no"],
      ...["PermitRootLogin prohibit-password", "AcceptEnv GIT_PROTOCOL", "UseDNS no"],
      // Many tests at once must not be refused.
      ...["MaxStartups 200", `ForceCommand '${program}'`],
    ].join("\n"),
  )
  // The folder that sshd, run by root, wants to have for itself.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 })
  const sshd = Bun.which("sshd", { PATH: searchPath() }) ?? "sshd"
  yield* ensureDaemon(
    { name: "the git server over ssh", command: [sshd, "-D", "-e", "-f", settings], files },
    isSshServer(port),
  )
  const command = writeProgram(
    join(state, "ssh-as-git"),
    sshAsGit(
      [
        ...["-F", "none", "-i", `'${userKey}'`, "-p", String(port), "-o", "IdentitiesOnly=yes"],
        ...["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"],
        ...["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"],
      ],
      username,
    ),
  )
  return { port, user: username, command }
})
