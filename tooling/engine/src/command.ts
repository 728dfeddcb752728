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

/** Whatever the exit code; interruption ends the program. */
export const run = (
  command: ReadonlyArray<string>,
  options: CommandOptions = {},
): Effect.Effect<Finished, Problem> =>
  Effect.tryPromise({
    try: async (signal) => {
      const child = Bun.spawn([...command], {
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        env: { ...process.env, ...options.env },
        stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
        stdout: "pipe",
        stderr: "pipe",
        signal,
      })
      const [stdout, stderr, code] = await Promise.all([
        child.stdout.text(),
        child.stderr.text(),
        child.exited,
      ])
      return { code, stdout, stderr }
    },
    catch: (cause) => problem(`Could not start \`${command[0]}\`: ${reasonOf(cause)}`),
  })

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
