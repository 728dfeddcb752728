/** Runs a command and turns whatever comes of it into an exit status. */
import {
  exitCodes,
  type Failure,
  failure,
  failureOf,
  reportOf,
  textOf,
  tooFewOpenFiles,
  warningFailure,
} from "@relaunch/failure"
import type { Command, CommanderError } from "commander"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { type BrokenOutput, lostOutput, onBrokenOutput } from "./broken-output.ts"
import type { CommandEffect } from "./contract.ts"
import { unknownField } from "./json-fields.ts"
import { jsonMode } from "./json-mode.ts"
import { jsonText } from "./json-text.ts"
import { kept } from "./kept.ts"
import { explanation } from "./render/failure.ts"
import {
  emptyValue,
  misplacedFlag,
  misplacedWords,
  pathOf,
  startsPrograms,
  usageFailure,
} from "./usage.ts"
import { warnings } from "./warnings.ts"

const debugging = () => (process.env["RELAUNCH_DEBUG"] ?? "") !== ""

const report = (error: Failure, cause: Cause.Cause<unknown>): void => {
  if (debugging()) process.stderr.write(`${Cause.pretty(cause, { renderErrorCause: true })}\n`)
  if (jsonMode.on) process.stdout.write(`${jsonText(reportOf(error))}\n`)
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

/** Output that breaks interrupts the command too: a program that nobody hears is not left behind. */
const interruptingWhenBroken = (fiber: Fiber.RuntimeFiber<number, Failure>) => {
  let broken: BrokenOutput | undefined
  onBrokenOutput((first) => {
    broken ??= first
    Effect.runFork(Fiber.interrupt(fiber))
  })
  return () => broken
}

/** What is thrown where no effect catches it interrupts too, so that terminal and engine are left in order. */
const interruptingWhenDefective = (fiber: Fiber.RuntimeFiber<number, Failure>) => {
  let defect: Cause.Cause<never> | undefined
  const onDefect = (error: unknown) => {
    if (defect !== undefined) process.exit(exitCodes.defect)
    defect = Cause.die(error)
    Effect.runFork(Fiber.interrupt(fiber))
  }
  process.on("uncaughtException", onDefect)
  process.on("unhandledRejection", onDefect)
  return () => defect
}

/**
 * Quiet where the reader had enough: no failure of a command that only answers; for one that starts
 * programs the status of any that ends by SIGPIPE.
 */
const statusOfBroken = (
  broken: BrokenOutput,
  exit: Exit.Exit<number, Failure>,
  starts: boolean,
): number => {
  if (broken.code !== "EPIPE") {
    const { hint, message } = lostOutput(broken)
    const lost = failure("E_OUTPUT", message, { hints: [hint] })
    process.stderr.write(`${textOf(lost)}\n`)
    return lost.exitCode
  }
  if (Exit.isSuccess(exit)) return exit.value
  if (!Cause.isInterruptedOnly(exit.cause)) return failureOf(exit.cause).exitCode
  return starts ? exitCodes.brokenPipe : exitCodes.success
}

/** The answer was given all the same, so that the failure is told beside it. */
const statusOfWarnings = (): number => {
  if (!warnings.strict || warnings.told.length === 0) return exitCodes.success
  const failed = warningFailure(warnings.told)
  process.stderr.write(`${textOf(failed)}\n`)
  return failed.exitCode
}

export const run = async (command: CommandEffect, asked: Command): Promise<number> => {
  const few = tooFewOpenFiles()
  if (few !== undefined) {
    report(few, Cause.empty)
    return few.exitCode
  }
  const fiber = Effect.runFork(Effect.provide(command, logging))
  const signal = interrupting(fiber)
  const broken = interruptingWhenBroken(fiber)
  const defect = interruptingWhenDefective(fiber)
  const exit = await Effect.runPromise(Fiber.await(fiber))
  const caught = signal()
  const lost = broken()
  const thrown = defect()
  if (lost !== undefined && caught === undefined) {
    return statusOfBroken(lost, exit, startsPrograms(pathOf(asked)))
  }
  if (Exit.isSuccess(exit) && caught === undefined && thrown === undefined) {
    return exit.value === exitCodes.success ? statusOfWarnings() : exit.value
  }
  const cause = thrown ?? (Exit.isSuccess(exit) ? Cause.empty : exit.cause)
  if (caught !== undefined) {
    const code = caught === "SIGINT" ? "E_INTERRUPTED" : "E_TERMINATED"
    const ended = failure(code, caught === "SIGINT" ? "Cancelled" : "Terminated")
    if (kept.line !== undefined) process.stderr.write(`${kept.line}\n`)
    report(ended, cause)
    return ended.exitCode
  }
  const error = failureOf(cause)
  report(error, cause)
  return error.exitCode
}

/** Reports what the parser could not read; the exit status. */
export const refuse = (
  error: CommanderError,
  program: Command,
  argv: ReadonlyArray<string>,
): number => {
  const wrong = usageFailure(error, program, argv)
  report(wrong, Cause.empty)
  return wrong.exitCode
}

/** Reports empty words, and those that are right for other commands, but not for this one; the exit status, if there are any. */
export const refuseWords = (
  command: Command,
  passed: ReadonlyArray<string> | undefined,
  fields: ReadonlyArray<string> | undefined,
): number | undefined => {
  const path = pathOf(command)
  const wrong =
    misplacedFlag(command) ??
    emptyValue(command) ??
    (passed === undefined ? undefined : misplacedWords(path)) ??
    (fields === undefined ? undefined : unknownField(path, fields))
  if (wrong === undefined) return undefined
  report(wrong, Cause.empty)
  return wrong.exitCode
}
