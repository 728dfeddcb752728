/** The command line as a user has it: a process of its own, in a home of its own. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { type Finished, type Problem, problem, reasonOf, waitFor } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { temporaryFolder } from "./folder.ts"
import { finished } from "./program.ts"

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly stdin?: string
  /** HOME of the command; give the same folder to commands that share jobs and runs. */
  readonly home?: string
  /** In place of the command itself, a program and its first words. */
  readonly program?: ReadonlyArray<string> | undefined
}

export const relaunchExecutable = join(import.meta.dir, "../../../apps/cli/bin/relaunch")

/** What of this machine's environment a command may see: how to find programs and whom to trust. */
const passedOn =
  /^(PATH|LANG|LC_.*|TZ|SSL_CERT_.*|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|.*_proxy|.*_PROXY)$/

export const cliEnvironment = (
  home: string,
  env: CliOptions["env"] = {},
): Record<string, string | undefined> => {
  // Of its own, so that what one command left behind is told to no other.
  const temporary = join(home, "tmp")
  mkdirSync(temporary, { recursive: true })
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))),
    // Where a test runs alone, the Bun that runs it serves the launcher too.
    PATH: `${process.env["PATH"] ?? ""}:${join(process.execPath, "..")}`,
    HOME: home,
    RELAUNCH_HOME: join(home, "relaunch"),
    TERM: "dumb",
    TMPDIR: temporary,
    ...env,
  }
}

const homeOf = (options: CliOptions): Effect.Effect<string, never, Scope.Scope> =>
  options.home === undefined ? temporaryFolder() : Effect.succeed(options.home)

/** Runs to the end, whatever the exit code. */
export const relaunchCli = (
  args: ReadonlyArray<string>,
  options: CliOptions = {},
): Effect.Effect<Finished, Problem> =>
  Effect.scoped(
    Effect.flatMap(homeOf(options), (home) =>
      finished([...(options.program ?? [relaunchExecutable]), ...args], {
        cwd: options.cwd ?? home,
        env: cliEnvironment(home, options.env),
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      }),
    ),
  )

export interface StartedCli {
  readonly pid: number
  readonly stdout: () => string
  readonly stderr: () => string
  /** The first match in what stdout and stderr have said so far. */
  readonly waitForText: (pattern: RegExp) => Effect.Effect<RegExpExecArray, Problem>
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void>
  /** Exit code, or 128 and the number of the signal that ended it. */
  readonly exited: Effect.Effect<number, Problem>
}

const collect = (stream: ReadableStream<Uint8Array>) => {
  let text = ""
  const done = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true })
  })()
  return { text: () => text, done }
}

/** Starts it and goes on; it has ended when the scope is closed. */
export const startRelaunchCli = (
  args: ReadonlyArray<string>,
  options: Omit<CliOptions, "stdin"> = {},
): Effect.Effect<StartedCli, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const home = yield* homeOf(options)
    const child = yield* Effect.acquireRelease(
      Effect.try({
        try: () =>
          Bun.spawn([...(options.program ?? [relaunchExecutable]), ...args], {
            cwd: options.cwd ?? home,
            env: cliEnvironment(home, options.env),
            stdin: "ignore",
            stdout: "pipe",
            stderr: "pipe",
          }),
        catch: (cause) => problem(`Could not start relaunch: ${reasonOf(cause)}`),
      }),
      (started) =>
        Effect.promise(async () => {
          if (started.exitCode === null) started.kill("SIGKILL")
          await started.exited
        }),
    )
    const [out, err] = [collect(child.stdout), collect(child.stderr)]
    const seen = (pattern: RegExp) => pattern.exec(out.text()) ?? pattern.exec(err.text())
    return {
      pid: child.pid,
      stdout: out.text,
      stderr: err.text,
      waitForText: (pattern) =>
        waitFor(
          { what: `relaunch to say ${pattern}`, atMost: "90 seconds" },
          Effect.sync(() => seen(pattern) ?? undefined),
        ).pipe(
          Effect.mapError(({ message }) => problem(`${message}\n${out.text()}\n${err.text()}`)),
        ),
      signal: (name) => Effect.sync(() => child.kill(name)),
      exited: Effect.promise(async () => {
        await Promise.all([out.done, err.done])
        return await child.exited
      }).pipe(
        Effect.timeoutFail({
          duration: "100 seconds",
          onTimeout: () => problem("Waited 100 seconds for relaunch to end"),
        }),
      ),
    }
  })
