/** A program whose stdin and stdout are the connection: `docker exec`, `kubectl exec`, ssh. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import { ConnectError } from "./connect-error.ts"

const keptWords = 2000

/** Behind the line that says why. */
const sayNothing = /^command terminated with exit code \d+$/

/** The last line is the reason; those before it lead there. */
const lastLine = (text: string): string | undefined =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\p{Cc}+/gu, " ").trim())
    .filter((line) => line !== "" && !sayNothing.test(line))
    .at(-1)

/** HTTP/2 begins with the length of a short frame, an engine's answer with its protocol; all else is talk. */
const isTalk = (first: Buffer): boolean =>
  first[0] !== 0 && !first.subarray(0, 5).equals(Buffer.from("HTTP/"))

type Problem = Pick<ConnectError, "kind" | "reason">

const startProblem = (program: string, error: Error): Problem => {
  if (program === "") return { kind: "program", reason: "no program is named" }
  switch (Reflect.get(error, "code")) {
    case "ENOENT":
      return { kind: "missing", reason: `\`${program}\` is not installed` }
    case "EACCES":
      return { kind: "program", reason: `\`${program}\` may not be run by this user` }
    default:
      return { kind: "program", reason: `\`${program}\`: ${error.message}` }
  }
}

/** Milliseconds that a program may stay whose connection is over. */
const patience = 2000

/** With SIGTERM, and what does not heed that with SIGKILL: nothing of it may keep the caller's program alive. */
const end = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  const killing = setTimeout(() => child.kill("SIGKILL"), patience)
  child.once("exit", () => clearTimeout(killing))
}

/**
 * The program is ended with the stream. When it ends by itself, its last line on stderr is the reason; on stdout
 * where stderr has none, as `docker exec` of old engines has it.
 */
export const programStream = (
  address: string,
  command: ReadonlyArray<string>,
): Effect.Effect<Duplex, ConnectError> =>
  Effect.async((resume) => {
    const [program = "", ...words] = command
    // In a session of its own: ctrl-C at a terminal is for the caller, who cancels a build through it.
    let child: ChildProcessWithoutNullStreams
    try {
      child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], detached: true })
    } catch (error) {
      // No program is named, or a NUL is in it.
      const wrong = error instanceof Error ? error : new Error(String(error))
      resume(Effect.fail(new ConnectError({ address, command, ...startProblem(program, wrong) })))
      return
    }
    let said = ""
    let talk: string | undefined
    let isEnding = false
    child.stderr.on("data", (text: Buffer) => {
      said = (said + text.toString()).slice(-keptWords)
    })
    const stream: Duplex = new Duplex({
      read: () => {
        child.stdout.resume()
      },
      write: (chunk: Buffer, _encoding, done) => {
        // A program that takes no more ends, and says why: that is the error.
        if (isEnding) return
        child.stdin.write(chunk, (error) => {
          if (error instanceof Error) endSoon()
          else done()
        })
      },
      final: (done) => {
        child.stdin.end(() => done())
      },
      destroy: (error, done) => {
        child.stdin.destroy()
        child.stdout.destroy()
        child.stderr.destroy()
        end(child)
        done(error)
      },
    })
    const failed = (problem: Problem) => new ConnectError({ address, command, ...problem })
    const over = (otherwise: string) => {
      const words = lastLine(said) ?? lastLine(talk ?? "") ?? otherwise
      stream.destroy(failed({ kind: "program", reason: `\`${program}\`: ${words}` }))
    }
    const endSoon = () => {
      if (isEnding) return
      isEnding = true
      child.stdin.end()
      setTimeout(() => over("it carries no more and does not end"), patience).unref()
    }
    child.stdin.on("error", endSoon)
    child.stdout.once("data", (first: Buffer) => {
      if (!isTalk(first)) return
      talk = ""
      endSoon()
    })
    child.stdout.on("data", (chunk: Buffer) => {
      if (talk !== undefined) talk = (talk + chunk.toString()).slice(-keptWords)
      else if (!stream.push(chunk)) child.stdout.pause()
    })
    // Why comes on stderr, and may come later.
    child.stdout.on("end", endSoon)
    child.once("error", (error) => {
      resume(Effect.fail(failed(startProblem(program, error))))
      stream.destroy()
    })
    child.once("close", (code, signal) => {
      over(code === null ? `it was ended by ${signal}` : `it ended with status ${code}`)
    })
    stream.on("error", () => undefined)
    child.once("spawn", () => resume(Effect.succeed(stream)))
    return Effect.sync(() => stream.destroy())
  })
