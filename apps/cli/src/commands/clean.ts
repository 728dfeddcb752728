/** `relaunch clean`: what killed commands left behind, shown and removed. */
import { humanSize } from "@relaunch/build"
import { Engine } from "@relaunch/engine"
import { exitCodes, type Failure, failure } from "@relaunch/failure"
import {
  type Leftover,
  leftContainers,
  leftovers,
  removeContainers,
  removeLeftovers,
} from "@relaunch/launch"
import { containerRunner } from "@relaunch/runner"
import { Store } from "@relaunch/store"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { backends, settingsOf } from "../backends.ts"
import type { CommandEffect, Flags } from "../contract.ts"
import { answer, answerJson, talk } from "../output.ts"
import { confirm } from "../prompt.ts"
import { table } from "../render/table.ts"
import { counted } from "../render/text.ts"
import { whileWaiting } from "../render/waiting.ts"
import { isInteractive } from "../request.ts"
import { configuredBuilder, type Session, session } from "../session.ts"
import { storeOf } from "../store-layer.ts"
import { warn } from "../warnings.ts"

/** Every engine that answers here, once, whichever backends build with it; and why others do not. */
const enginesOf = (current: Session) =>
  Effect.gen(function* () {
    const configured = configuredBuilder(current)
    const found = yield* Effect.forEach(
      Object.entries(backends),
      ([name, backend]) =>
        Effect.gen(function* () {
          const layer = backend.engine(process.env, yield* settingsOf(name, configured))
          const asked = Effect.flatMap(Engine, ({ endpoint, info }) =>
            Effect.zipRight(info, endpoint),
          )
          const { address } = yield* Effect.provide(asked, layer)
          return [address, layer] as const
        }).pipe(
          Effect.mapError((error) => ({ name, error })),
          Effect.either,
        ),
      { concurrency: "unbounded" },
    )
    const [failed, answering] = Arr.separate(found)
    return { engines: [...new Map(answering).values()], failed }
  })

const lookedBack = 100

/** A silence about an engine that may have containers of this store would be taken for a good sign. */
const tellUnseen = (failed: ReadonlyArray<{ readonly name: string; readonly error: Failure }>) =>
  Effect.gen(function* () {
    const { runs } = yield* Store
    const used = new Set(
      (yield* runs.list({ limit: lookedBack })).flatMap(({ launch }) =>
        launch?.engine === undefined ? [] : [launch.engine],
      ),
    )
    const told = failed.filter(({ name }) => used.has(name))
    for (const message of new Set(told.map(({ error }) => error.message))) {
      yield* warn(`containers there were not looked for: ${message}`)
    }
  })

const detailOf = (left: Leftover): string => {
  switch (left.kind) {
    case "run":
      return "recorded as going on; nobody watches it"
    case "container":
      return `${left.state}, of run ${left.run}`
    case "artifact":
      return `${humanSize(left.size)}, never whole; its run is over`
    case "folder":
    case "content":
      return humanSize(left.size)
  }
}

const tableOf = (all: ReadonlyArray<Leftover>): string =>
  table(
    ["kind", "what", "detail"],
    all.map((left) => [left.kind, left.id.slice(0, 200), detailOf(left)]),
  )

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
    const { engines, failed } = yield* enginesOf(current).pipe(
      whileWaiting(current, "ask the engines"),
    )
    yield* Effect.gen(function* () {
      yield* tellUnseen(failed)
      const containers = yield* Effect.forEach(engines, (engine) => {
        const runner = containerRunner(home).pipe(Layer.provide(engine))
        return Effect.map(Effect.provide(leftContainers, runner), (left) => ({ left, runner }))
      })
      const rest = yield* leftovers
      const all = [...containers.flatMap(({ left }) => left), ...rest]
      const dry = current.flag("dry-run")
      const asJson = current.flag("json")
      if (all.length === 0) {
        yield* asJson ? answerJson([]) : talk("Nothing was left behind")
        return
      }
      const show = (some: ReadonlyArray<Leftover>) =>
        asJson || some.length === 0 ? Effect.void : answer(tableOf(some))
      if (dry) {
        yield* show(all)
        yield* asJson ? answerJson(all) : talk("Nothing was removed")
        return
      }
      // Who is asked sees it before; else it is told what this command did, beside others at work.
      const sure = flags["yes"] === true
      if (!sure) yield* show(all)
      yield* agreed(current, flags, all.length)
      // The run's record last: while it says that the run goes on, a second try finds the rest.
      const gone = yield* Effect.forEach(containers, ({ left, runner }) =>
        Effect.provide(removeContainers(left), runner),
      ).pipe(
        Effect.zipWith(removeLeftovers(rest), (removed, others) => [...removed.flat(), ...others]),
        whileWaiting(current, "remove what was left"),
      )
      if (sure) yield* show(gone)
      const missed = all.length - gone.length
      if (asJson) yield* answerJson(gone)
      else {
        yield* talk(
          `Removed ${counted(gone.length, "leftover")}${
            missed === 0 ? "" : `; ${missed} more had gone by then, or were in use again`
          }`,
        )
      }
    }).pipe(Effect.provide(storeOf(current, "quiet")))
    return exitCodes.success
  })
