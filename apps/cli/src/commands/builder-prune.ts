/** `relaunch builder prune`: frees what a builder keeps between builds. */
import { Builder, humanSize, type Pruned, type PruneOptions } from "@relaunch/build"
import { exitCodes, type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { CommandEffect, Flags } from "../contract.ts"
import { answer, answerJson } from "../output.ts"
import { confirm } from "../prompt.ts"
import { table } from "../render/table.ts"
import { counted, localTime } from "../render/text.ts"
import { whileWaiting } from "../render/waiting.ts"
import { isInteractive } from "../request.ts"
import { backendOf } from "../services.ts"
import { type Session, session } from "../session.ts"

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** `30m`, `24h`, `7d` */
const secondsOf = (text: unknown): Effect.Effect<number, Failure> => {
  if (text === undefined) return Effect.succeed(0)
  const [, count, unit] = /^(\d+)([smhd])$/.exec(String(text)) ?? []
  return unit === undefined
    ? Effect.fail(
        failure("E_USAGE", `\`--keep-duration ${text}\` is no time`, {
          hints: ["Write a number and a unit: `30m`, `24h`, `7d`"],
        }),
      )
    : Effect.succeed(Number(count) * unitSeconds[unit as keyof typeof unitSeconds])
}

const agreed = (name: string, { entries, freed }: Pruned, current: Session, flags: Flags) =>
  Effect.gen(function* () {
    if (flags["yes"] === true) return
    const what = `${counted(entries.length, "record")} of builder \`${name}\`, ${humanSize(freed)}`
    if (!isInteractive(current)) {
      return yield* failure("E_CONFIRM", `Removing ${what}, needs a yes`, {
        hints: ["Pass `--yes`"],
        details: { builder: name },
      })
    }
    if (!(yield* confirm(`Remove ${what}?`))) {
      return yield* failure("E_CONFIRM", "Nothing was removed", {
        hints: ["Answer `y` to remove"],
      })
    }
  })

/** What is gone, or with `isDry` would be. */
export const told = (name: string, { entries, freed }: Pruned, isDry: boolean): string => {
  const sum = `${isDry ? "would free" : "freed"} ${humanSize(freed)} in ${counted(entries.length, "record")} of builder ${name}`
  if (!isDry || entries.length === 0) return sum
  const rows = entries.map(({ description, id, lastUsedAt, size }) => [
    id,
    humanSize(size),
    lastUsedAt === null ? "" : localTime(lastUsedAt),
    description,
  ])
  return `${table(["record", "size", "last used", "description"], rows)}\n${sum}`
}

const prune = (options: PruneOptions, current: Session, flags: Flags) =>
  Effect.gen(function* () {
    const { cache, name } = yield* Builder
    if (cache === undefined) {
      return yield* failure("E_USAGE", `Builder \`${name}\` keeps no cache that could be freed`, {
        hints: ["Choose another with `--builder`; see `relaunch builder list`"],
      })
    }
    const isDry = current.flag("dry-run")
    const isAsked = !isDry && flags["yes"] !== true
    const planned =
      isDry || isAsked
        ? yield* cache.prunable(options).pipe(whileWaiting(current, "look at the builder's cache"))
        : undefined
    if (isAsked && planned !== undefined) yield* agreed(name, planned, current, flags)
    const done =
      isDry && planned !== undefined
        ? planned
        : yield* cache.prune(options).pipe(whileWaiting(current, "free the builder's cache"))
    yield* current.flag("json")
      ? answerJson({ builder: name, dryRun: isDry, freed: done.freed, entries: done.entries })
      : answer(told(name, done, isDry))
    return exitCodes.success
  })

export const pruneCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const options = {
      all: flags["all"] === true,
      keepSeconds: yield* secondsOf(flags["keepDuration"]),
    }
    return yield* Effect.provide(prune(options, current, flags), backendOf(current))
  })
