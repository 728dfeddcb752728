/** Parses a command line, runs what it asks for, and turns whatever comes of it into an exit status. */
import { exitCodes, type Failure, failure, failureOf, reportOf, textOf } from "@relaunch/failure"
import { CommanderError } from "commander"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type { CommandEffect } from "./contract.ts"
import { topics } from "./help.ts"
import { jsonWords, unknownField } from "./json-fields.ts"
import { jsonMode } from "./json-mode.ts"
import { makeProgram } from "./program.ts"
import { misplacedWords, programArguments, splitWords } from "./program-arguments.ts"
import { explanation } from "./render/failure.ts"
import { pathOf, usageFailure } from "./usage.ts"

const debugging = () => (process.env["RELAUNCH_DEBUG"] ?? "") !== ""

const report = (error: Failure, cause: Cause.Cause<unknown>): void => {
  if (debugging()) process.stderr.write(`${Cause.pretty(cause, { renderErrorCause: true })}\n`)
  if (jsonMode.on) process.stdout.write(`${JSON.stringify(reportOf(error))}\n`)
  else process.stderr.write(`${[...explanation(error), textOf(error)].join("\n")}\n`)
}

/** Words for developers go to stderr, and only when they are asked for. */
const logging = Layer.merge(
  Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)),
  Logger.minimumLogLevel(debugging() ? LogLevel.All : LogLevel.Error),
)

/** SIGINT and SIGTERM interrupt the command, which cleans up; a second one ends the process at once. */
const interrupting = (fiber: Fiber.RuntimeFiber<number, Failure>) => {
  let signal: "SIGINT" | "SIGTERM" | undefined
  const onSignal = (name: "SIGINT" | "SIGTERM") => {
    const status = name === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated
    if (signal !== undefined) process.exit(status)
    signal = name
    Effect.runFork(Fiber.interrupt(fiber))
  }
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
  process.on("SIGHUP", () => onSignal("SIGTERM"))
  return () => signal
}

const run = async (command: CommandEffect): Promise<number> => {
  const fiber = Effect.runFork(Effect.provide(command, logging))
  const signal = interrupting(fiber)
  const exit = await Effect.runPromise(Fiber.await(fiber))
  const caught = signal()
  if (Exit.isSuccess(exit) && caught === undefined) return exit.value
  const cause = Exit.isSuccess(exit) ? Cause.empty : exit.cause
  if (caught !== undefined) {
    const code = caught === "SIGINT" ? "E_INTERRUPTED" : "E_TERMINATED"
    const ended = failure(code, caught === "SIGINT" ? "Cancelled" : "Terminated")
    report(ended, cause)
    return ended.exitCode
  }
  const error = failureOf(cause)
  report(error, cause)
  return error.exitCode
}

/** `relaunch help exit-codes`: what no command is about. */
const helpTopic = (words: ReadonlyArray<string>): string | undefined => {
  const [first, topic = "", ...rest] = words
  return first === "help" && rest.length === 0 && Object.hasOwn(topics, topic)
    ? topics[topic]
    : undefined
}

export const runCommand = async (words: ReadonlyArray<string>): Promise<void> => {
  const topic = helpTopic(words)
  if (topic !== undefined) {
    process.stdout.write(`${topic}\n`)
    process.exit(exitCodes.success)
  }
  // What the scripts of `relaunch completion` ask at each press of the tab key.
  if (words[0] === "complete" && words[1] === "--") {
    const { answerCompletion } = await import("./completion.ts")
    answerCompletion(
      makeProgram(() => undefined),
      words.slice(2),
    )
    process.exit(exitCodes.success)
  }
  const { own, passed } = splitWords(words)
  const { argv, fields } = jsonWords(own)
  programArguments.given = passed ?? []
  jsonMode.fields = fields
  jsonMode.on =
    argv.includes("--json") || /^(?:1|true|yes|on)$/i.test(process.env["RELAUNCH_JSON"] ?? "")
  let chosen: CommandEffect | undefined
  const program = makeProgram((command) => {
    chosen = command
  })
  let path = ""
  program.hook("preAction", (_, command) => {
    path = pathOf(command)
  })
  try {
    await program.parseAsync([...argv], { from: "user" })
    const wrong =
      (passed === undefined ? undefined : misplacedWords(path)) ??
      (fields === undefined ? undefined : unknownField(path, fields))
    if (wrong !== undefined) {
      report(wrong, Cause.empty)
      process.exit(wrong.exitCode)
    }
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version have been printed.
    if (error.exitCode === 0) process.exit(exitCodes.success)
    const wrong = usageFailure(error, program, argv)
    report(wrong, Cause.empty)
    process.exit(wrong.exitCode)
  }
  process.exit(chosen === undefined ? exitCodes.success : await run(chosen))
}
