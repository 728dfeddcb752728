/**
 * The process that sees an asynchronous run through. It is this command's own program in another
 * mode, detached; what it must do comes through a pipe, as it holds secrets.
 */
import { type Failure, failure } from "@relaunch/failure"
import type { RunSpecification, RunValue } from "@relaunch/launch"
import type { Subprocess } from "bun"
import * as Effect from "effect/Effect"
import { ownProgram, supervising } from "./own-program.ts"

/** The one line it answers: the run once its container runs, or why it does not. */
export type SupervisorAnswer =
  | { readonly run: RunValue }
  | {
      readonly error: {
        readonly code: Failure["code"]
        readonly message: string
        readonly hints: ReadonlyArray<string>
        readonly details: Failure["details"]
      }
    }

const silent = failure("E_SERVER", "The process that should watch the run ended without a word", {
  hints: ["Launch without `--async` to see why"],
})

const slow = failure("E_TIMEOUT", "The container did not start within 2 minutes", {
  hints: ["Launch without `--async` to see where it hangs"],
})

const firstLine = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  let text = ""
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    const end = text.indexOf("\n")
    if (end >= 0) return text.slice(0, end)
  }
  return text
}

/** Milliseconds that a cancelled launch waits for it: it stops its container and records that. */
const patience = 1700

const ended = async (child: Subprocess): Promise<void> => {
  child.kill("SIGTERM")
  await Promise.race([child.exited, Bun.sleep(patience)])
}

/** Returns when the container runs; the supervisor then goes on without this process. */
export const startSupervisor = (
  specification: RunSpecification,
  home: string,
): Effect.Effect<RunValue, Failure> =>
  Effect.gen(function* () {
    const child = Bun.spawn([...ownProgram, supervising], {
      stdin: new Blob([JSON.stringify(specification)]),
      stdout: "pipe",
      stderr: "ignore",
      detached: true,
      // Its working directory is another, and the home may have been given relative to ours.
      env: { ...process.env, RELAUNCH_HOME: home },
      cwd: "/",
    })
    const line = yield* Effect.promise(() => firstLine(child.stdout)).pipe(
      Effect.timeoutFail({
        duration: "2 minutes",
        onTimeout: () => {
          child.kill("SIGTERM")
          return slow
        },
      }),
      // Whoever is cancelled before the container runs wants no container.
      Effect.onInterrupt(() => Effect.promise(() => ended(child))),
    )
    if (line === "") return yield* silent
    const said: SupervisorAnswer = JSON.parse(line)
    if ("error" in said) {
      const { code, details, hints, message } = said.error
      return yield* failure(code, message, { hints, details })
    }
    child.unref()
    return said.run
  })
