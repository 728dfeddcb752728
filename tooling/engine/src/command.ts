/** Running a program to its end: its output is an answer, a bad exit a problem that quotes its last lines. */
import * as Effect from "effect/Effect"
import { type Problem, problem, reasonOf } from "./problem.ts"

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd?: string
  /** Added to this process's environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
}

const quotedLines = 15

const start = (command: ReadonlyArray<string>, options: CommandOptions) =>
  Effect.try({
    try: () =>
      Bun.spawn([...command], {
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        env: { ...process.env, ...options.env },
        stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
        stdout: "pipe",
        stderr: "pipe",
      }),
    catch: (cause) => problem(`Could not start \`${command[0]}\`: ${reasonOf(cause)}`),
  })

/** Whatever the exit code; interruption ends the program and waits for its end. */
export const run = (
  command: ReadonlyArray<string>,
  options: CommandOptions = {},
): Effect.Effect<Finished, Problem> =>
  Effect.acquireUseRelease(
    start(command, options),
    (child) =>
      Effect.promise(async () => {
        const [stdout, stderr, code] = await Promise.all([
          child.stdout.text(),
          child.stderr.text(),
          child.exited,
        ])
        return { code, stdout, stderr }
      }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM")
        const patience = setTimeout(() => child.kill("SIGKILL"), 5000)
        await child.exited
        clearTimeout(patience)
      }),
  )

/** Standard output of a program that must succeed. */
export const output = (
  command: ReadonlyArray<string>,
  options: CommandOptions = {},
): Effect.Effect<string, Problem> =>
  Effect.flatMap(run(command, options), ({ code, stderr, stdout }) => {
    if (code === 0) return Effect.succeed(stdout)
    const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-quotedLines)
    return Effect.fail(
      problem([`\`${command.join(" ")}\` ended with exit code ${code}`, ...last].join("\n  ")),
    )
  })

export const isInstalled = (program: string): boolean =>
  Bun.which(program, { PATH: searchPath() }) !== null

/** Daemons live in the `sbin` folders, which not every user has on PATH. */
export const searchPath = (): string =>
  [process.env["PATH"] ?? "", "/usr/local/sbin", "/usr/sbin", "/sbin"].join(":")
