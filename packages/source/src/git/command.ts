/**
 * The system's git, by argument list. Every call is pinned to https and ssh, runs no hooks, never
 * prompts without a terminal, ends after a time limit, and its words are redacted before use.
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import { type Failure, failure, withoutLogins } from "@relaunch/failure"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { GitLogin } from "./remote.ts"

export interface GitOptions {
  /** For one host; handed to git through its environment, never its arguments. */
  readonly login: (GitLogin & { readonly host: string }) | undefined
  /** True lets git and ssh ask on the terminal. */
  readonly interactive: boolean
  /** Put around whatever may ask there, so that nothing else is drawn meanwhile. */
  readonly onTerminal?: <A, E, R>(asking: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly timeLimit: Duration.DurationInput
  /** Variables of the caller that matter: `GIT_SSH_COMMAND`, `GIT_SSH`. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface GitAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const hardened: ReadonlyArray<string> = [
  ...["-c", "protocol.allow=never", "-c", "protocol.https.allow=always"],
  ...["-c", "protocol.ssh.allow=always", "-c", "core.hooksPath=/dev/null"],
  ...["-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false"],
  ...["-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"],
  // A server that sends less than 1 kB/s for a minute has hung.
  ...["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60"],
]

/** Answers git's `get` from two variables that only this child has. */
const helper =
  '!f() { test "$1" = get || exit 0; echo "username=$RELAUNCH_GIT_USERNAME"; echo "password=$RELAUNCH_GIT_PASSWORD"; }; f'

/**
 * A whole login takes the place of the user's helpers. A user name alone is what they are asked for
 * first; some hosts take a token for it and no password, which is the last try.
 */
const loginArguments = ({ login }: GitOptions): ReadonlyArray<string> =>
  login === undefined
    ? []
    : [
        ...(login.password === "" ? [] : ["-c", `credential.https://${login.host}.helper=`]),
        ...["-c", `credential.https://${login.host}.helper=${helper}`],
      ]

/** Configuration by variables: a user name may be a token, which has no place among arguments. */
const usernameVariables = ({ env, login }: GitOptions): Record<string, string> => {
  if (login === undefined || login.password !== "") return {}
  const before = Number(env["GIT_CONFIG_COUNT"] ?? 0)
  return {
    GIT_CONFIG_COUNT: String(before + 1),
    [`GIT_CONFIG_KEY_${before}`]: `credential.https://${login.host}.username`,
    [`GIT_CONFIG_VALUE_${before}`]: login.username,
  }
}

const environment = (options: GitOptions): Record<string, string> => {
  const { env, interactive, login } = options
  const ssh = env["GIT_SSH_COMMAND"] ?? (env["GIT_SSH"] === undefined ? "ssh" : undefined)
  return {
    LC_ALL: "C",
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_OPTIONAL_LOCKS: "0",
    ...usernameVariables(options),
    ...(interactive
      ? {}
      : {
          GIT_TERMINAL_PROMPT: "0",
          SSH_ASKPASS_REQUIRE: "never",
          ...(ssh === undefined
            ? {}
            : { GIT_SSH_COMMAND: `${ssh} -o BatchMode=yes -o ConnectTimeout=20` }),
        }),
    ...(login === undefined
      ? {}
      : { RELAUNCH_GIT_USERNAME: login.username, RELAUNCH_GIT_PASSWORD: login.password }),
  }
}

/** Hides what the URL patterns cannot know: a secret that git itself repeated. */
const redacted = (text: string, { login }: GitOptions): string => {
  const secret = login === undefined ? "" : login.password || login.username
  const plain = withoutLogins(text)
  return secret === ""
    ? plain
    : plain.replaceAll(secret, "***").replaceAll(encodeURIComponent(secret), "***")
}

const tryGit = ["Try again, and if it stays so, `git --version`"]

const missing = failure("E_GIT_MISSING", "`git` was not found on PATH", {
  hints: ["Install git, for example with `apt-get install git`"],
})

const collected = (bytes: Stream.Stream<Uint8Array, unknown>) =>
  bytes.pipe(
    Stream.decodeText(),
    Stream.runCollect,
    Effect.map(Chunk.join("")),
    Effect.orElseSucceed(() => ""),
  )

/**
 * In a session of its own, so that its whole group can be ended. Such a process has no terminal, and so
 * cannot ask.
 */
const apart = (args: ReadonlyArray<string>, options: GitOptions) =>
  Effect.gen(function* () {
    const executor = yield* CommandExecutor.CommandExecutor
    const command = Command.make("git", ...args).pipe(
      Command.env(environment(options)),
      Command.stdin(Stream.empty),
    )
    const child = yield* executor.start(command)
    const [stdout, stderr, exitCode] = yield* Effect.all(
      [collected(child.stdout), collected(child.stderr), child.exitCode],
      { concurrency: "unbounded" },
    )
    return { exitCode: Number(exitCode), stdout, stderr }
  }).pipe(
    Effect.scoped,
    Effect.catchTags({
      SystemError: (error) =>
        error.reason === "NotFound"
          ? Effect.fail(missing)
          : Effect.fail(
              failure("E_GIT", `git ended badly: ${error.message}`, {
                hints: tryGit,
                cause: error,
              }),
            ),
      BadArgument: (error) =>
        Effect.fail(
          failure("E_GIT", `git could not be started: ${error.message}`, {
            hints: tryGit,
            cause: error,
          }),
        ),
    }),
  )

/** Beside us on the terminal, where git and ssh may ask. */
const attached = (
  args: ReadonlyArray<string>,
  options: GitOptions,
  input: string,
): Effect.Effect<GitAnswer, Failure> => {
  const asking = Effect.tryPromise({
    try: async (signal) => {
      const child = Bun.spawn(["git", ...args], {
        env: { ...process.env, ...environment(options) },
        stdin: input === "" ? "inherit" : new Blob([input]),
        stdout: "pipe",
        stderr: "pipe",
        signal,
      })
      const [stdout, stderr, exitCode] = await Promise.all([
        child.stdout.text(),
        child.stderr.text(),
        child.exited,
      ])
      return { exitCode, stdout, stderr }
    },
    catch: () => missing,
  })
  return options.onTerminal === undefined ? asking : options.onTerminal(asking)
}

/** Runs git and hands back whatever it said; only a missing git or the time limit fails. */
export const git = (
  args: ReadonlyArray<string>,
  options: GitOptions,
  input = "",
): Effect.Effect<GitAnswer, Failure, CommandExecutor.CommandExecutor> => {
  const all = [...hardened, ...loginArguments(options), ...args]
  const running =
    options.interactive || input !== "" ? attached(all, options, input) : apart(all, options)
  return running.pipe(
    Effect.map((said) => ({ ...said, stderr: redacted(said.stderr, options) })),
    Effect.timeoutFail({
      duration: options.timeLimit,
      onTimeout: () =>
        failure(
          "E_TIMEOUT",
          `git ${args.find((word) => !word.startsWith("-")) ?? ""} took longer than ${Duration.format(Duration.decode(options.timeLimit))}`,
          {
            hints: ["Raise the limit with RELAUNCH_GIT_TIMEOUT (seconds), or check the network"],
          },
        ),
    }),
  )
}
