/**
 * What commands left that were killed before they could clean up. Found by the locks that died with
 * them and by the labels of containers, never by age or name alone.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import type { Failure } from "@relaunch/failure"
import { abandonedTemporary, forgetEmptyPlaces, removeAbandoned } from "@relaunch/lock"
import { Runner } from "@relaunch/runner"
import { type Draft, goneProcesses, type Run, Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { isUnwatched, recordCrash } from "./runs.ts"

export type Leftover =
  | {
      /** A run recorded as going on that nobody watches any more. */
      readonly kind: "run"
      /** `entity/project/id` */
      readonly id: string
    }
  | {
      readonly kind: "container"
      readonly id: string
      readonly run: string
      /** The engine's word: `running`, `exited`. */
      readonly state: string
    }
  | {
      readonly kind: "folder"
      /** Absolute path. */
      readonly id: string
      /** Bytes. */
      readonly size: number
    }
  | {
      /** An artifact whose upload ended with its run, before it was whole. */
      readonly kind: "artifact"
      /** `entity/project/name` */
      readonly id: string
      /** Bytes. */
      readonly size: number
    }
  | {
      /** Content in the store that nothing names. */
      readonly kind: "content"
      readonly id: string
      readonly size: number
    }

/** Of what is there: the engine of a command that was killed may still remove what is its own. */
const itemsIn = (folder: string): ReadonlyArray<fs.Dirent> => {
  try {
    return fs.readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

const sizeOf = (folder: string): number =>
  itemsIn(folder).reduce((size, item) => {
    const path = join(folder, item.name)
    if (item.isDirectory()) return size + sizeOf(path)
    const found = item.isFile() ? fs.lstatSync(path, { throwIfNoEntry: false }) : undefined
    return size + (found?.size ?? 0)
  }, 0)

const idOf = ({ entity, id, project }: Run) => `${entity}/${project}/${id}`

const abandoned = (home: string): Effect.Effect<ReadonlyArray<string>, Failure> =>
  Effect.zipWith(goneProcesses(home), abandonedTemporary, (own, system) => [...own, ...system])

const unwatched: Effect.Effect<ReadonlyArray<Run>, Failure, Store> = Effect.gen(function* () {
  const store = yield* Store
  const states = ["pending", "running"] as const
  const runs = yield* Effect.forEach(states, (state) => store.runs.list({ state }))
  return runs.flat().filter((run) => isUnwatched(run, store))
})

/** Drafts of launched runs that are over: who speaks for itself may come back and go on. */
const leftDrafts = Effect.gen(function* () {
  const store = yield* Store
  return yield* Effect.filter(yield* store.artifacts.drafts, ({ entity, project, run }) =>
    run === null
      ? Effect.succeed(false)
      : Effect.map(
          store.runs.find({ entity, project, id: run }),
          (found) =>
            found !== undefined &&
            found.launch !== null &&
            (found.finishedAt !== null || isUnwatched(found, store)),
        ),
  )
})

const nameOf = ({ entity, name, project }: Draft) => `${entity}/${project}/${name}`

/** False when others removed them first. */
const removeDrafts = (named: string): Effect.Effect<boolean, Failure, Store> =>
  Effect.gen(function* () {
    const { artifacts } = yield* Store
    const drafts = (yield* leftDrafts).filter((draft) => nameOf(draft) === named)
    return yield* artifacts.remove(drafts.map(({ id }) => id)).pipe(
      Effect.as(drafts.length > 0),
      Effect.catchIf(
        ({ code }) => code === "E_ARTIFACT_NOT_FOUND",
        () => Effect.succeed(false),
      ),
    )
  })

/** All but containers, for which an engine is needed. */
export const leftovers: Effect.Effect<ReadonlyArray<Leftover>, Failure, Store> = Effect.gen(
  function* () {
    const store = yield* Store
    const runs = (yield* unwatched).map((run): Leftover => ({ kind: "run", id: idOf(run) }))
    const folders = (yield* abandoned(store.home)).map(
      (id): Leftover => ({ kind: "folder", id, size: sizeOf(id) }),
    )
    const drafts = new Map<string, number>()
    for (const draft of yield* leftDrafts)
      drafts.set(nameOf(draft), (drafts.get(nameOf(draft)) ?? 0) + draft.size)
    const artifacts = [...drafts].map(([id, size]): Leftover => ({ kind: "artifact", id, size }))
    const { count, size } = yield* store.unnamed(true)
    const content: ReadonlyArray<Leftover> =
      count === 0 ? [] : [{ kind: "content", id: join(store.home, "blobs"), size }]
    return [...artifacts, ...runs, ...folders, ...content]
  },
)

/** Containers of this store on the engine at hand whose run nobody watches. */
export const leftContainers: Effect.Effect<
  ReadonlyArray<Leftover>,
  Failure,
  Store | Runner
> = Effect.gen(function* () {
  const store = yield* Store
  const found = yield* (yield* Runner).containers
  const watched = (runId: string) =>
    Effect.map(store.runs.lookUp(runId), (runs) =>
      runs.some(
        ({ launch }) => launch?.supervisor !== undefined && store.isAlive(launch.supervisor),
      ),
    )
  const left = yield* Effect.filter(found, ({ runId }) =>
    Effect.map(watched(runId), (living) => !living),
  )
  return left.map(({ id, runId, state }) => ({ kind: "container", id, run: runId, state }))
})

/** Answers those that it removed. */
export const removeContainers = (
  left: ReadonlyArray<Leftover>,
): Effect.Effect<ReadonlyArray<Leftover>, Failure, Runner> =>
  Effect.flatMap(Runner, ({ remove }) =>
    Effect.filter(left, (one) =>
      one.kind === "container" ? remove(one.id) : Effect.succeed(false),
    ),
  )

/**
 * Settles the runs and removes the rest, containers apart; answers what of it this call did. What came back
 * to life stays, and what another clean-up took first is that one's.
 */
export const removeLeftovers = (
  left: ReadonlyArray<Leftover>,
): Effect.Effect<ReadonlyArray<Leftover>, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const removed: Array<Leftover> = []
    for (const one of left) {
      if (one.kind === "run") {
        const runs = (yield* store.runs.lookUp(one.id)).filter((run) => isUnwatched(run, store))
        if ((yield* Effect.forEach(runs, recordCrash)).includes(true)) removed.push(one)
      } else if (one.kind === "artifact") {
        if (yield* removeDrafts(one.id)) removed.push(one)
      } else if (one.kind === "content") {
        const { count, size } = yield* store.unnamed(false)
        if (count > 0) removed.push({ ...one, size })
      } else if (one.kind === "folder" && (yield* removeAbandoned(one.id))) removed.push(one)
    }
    yield* forgetEmptyPlaces
    return removed
  })
