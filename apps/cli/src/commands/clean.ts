/** `relaunch clean`: what killed commands left behind, shown and removed. */
import { exitCodes, type Failure, failure } from "@relaunch/failure"
import {
  type Leftover,
  leftContainers,
  leftovers,
  removeContainers,
  removeLeftovers,
} from "@relaunch/launch"
import { containerRunner } from "@relaunch/runner"
import { humanSize } from "@relaunch/source"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { backends, probe } from "../backends.ts"
import type { CommandEffect, Flags } from "../contract.ts"
import { answer, answerJson, talk } from "../output.ts"
import { confirm } from "../prompt.ts"
import { table } from "../render/table.ts"
import { counted } from "../render/text.ts"
import { isInteractive } from "../request.ts"
import { type Session, session } from "../session.ts"
import { storeOf } from "../store-layer.ts"

/** Every engine that answers here, once, whichever backends build with it. */
const engines = Effect.gen(function* () {
  const distinct = new Map(Object.entries(backends).map(([name, each]) => [each.engine, name]))
  const found = yield* Effect.forEach(
    distinct.keys(),
    (engine) =>
      Effect.map(probe({ engine }, process.env), (said) =>
        said._tag === "Right" ? [engine(process.env)] : [],
      ),
    { concurrency: "unbounded" },
  )
  return found.flat()
})

const detailOf = (left: Leftover): string => {
  switch (left.kind) {
    case "run":
      return "recorded as going on; nobody watches it"
    case "container":
      return `${left.state}, of run ${left.run}`
    case "folder":
    case "content":
      return humanSize(left.size)
  }
}

const agreed = (current: Session, flags: Flags, count: number): Effect.Effect<void, Failure> =>
  Effect.gen(function* () {
    if (flags["yes"] === true) return
    const what = counted(count, "leftover")
    if (!isInteractive(current)) {
      return yield* failure("E_CONFIRM", `Removing ${what} needs a yes`, {
        hints: ["Pass `--yes`, or look first with `--dry-run`"],
      })
    }
    if (!(yield* confirm(`Remove ${what}?`))) {
      return yield* failure("E_CONFIRM", "Nothing was removed", {
        hints: ["Answer `y` to remove"],
      })
    }
  })

export const cleanCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const { home } = current.configuration.locations
    const here = yield* engines
    yield* Effect.gen(function* () {
      const containers = yield* Effect.forEach(here, (engine) => {
        const runner = containerRunner(home).pipe(Layer.provide(engine))
        return Effect.map(Effect.provide(leftContainers, runner), (left) => ({ left, runner }))
      })
      const rest = yield* leftovers
      const all = [...containers.flatMap(({ left }) => left), ...rest]
      const dry = flags["dryRun"] === true
      const asJson = current.flag("json")
      if (all.length === 0) {
        yield* asJson ? answerJson([]) : talk("Nothing was left behind")
        return
      }
      if (!asJson) {
        const rows = all.map((left) => [left.kind, left.id.slice(0, 200), detailOf(left)])
        yield* answer(table(["kind", "what", "detail"], rows))
      }
      if (!dry) {
        yield* agreed(current, flags, all.length)
        // The run's record last: while it says that the run goes on, a second try finds the rest.
        for (const { left, runner } of containers) {
          yield* Effect.provide(removeContainers(left), runner)
        }
        yield* removeLeftovers(rest)
      }
      if (asJson) yield* answerJson(all)
      else yield* talk(dry ? "Nothing was removed" : `Removed ${counted(all.length, "leftover")}`)
    }).pipe(Effect.provide(storeOf(current, "quiet")))
    return exitCodes.success
  })
