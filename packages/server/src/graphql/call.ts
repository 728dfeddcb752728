/** What every resolver has at hand: the store, who asks, and the address under which we were asked. */
import { type Failure, failure } from "@relaunch/failure"
import type { KeyScope, ProjectKey, StoreShape } from "@relaunch/store"
import * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import type { SignedUrls } from "../http/signed-url.ts"
import type { Nodes } from "./nodes.ts"

export interface Call {
  readonly store: StoreShape
  readonly scope: KeyScope
  readonly urls: SignedUrls
  /** Makers of objects for files below those that have them. */
  readonly nodes: Nodes
  /**
   * The answer of the store, at once: all that GraphQL needs of it is synchronous. Throws the Failure,
   * which becomes an entry of `errors`.
   */
  readonly ask: <A>(effect: Effect.Effect<A, Failure>) => A
}

export const askWith =
  (runtime: Runtime.Runtime<never>): Call["ask"] =>
  (effect) => {
    const exit = Runtime.runSyncExit(runtime)(effect)
    if (Exit.isSuccess(exit)) return exit.value
    throw Cause.squash(exit.cause)
  }

/** Entity and project as named, with the key's own entity and W&B's catch-all project as defaults. */
export const placeOf = (
  { scope }: Call,
  entity: string | null | undefined,
  project: string | null | undefined,
): ProjectKey => ({
  entity: entity || scope.entity,
  project: project || "uncategorized",
})

/** The key of a run writes only to the project of that run. */
export const mayWrite = ({ scope }: Call, { entity, project }: ProjectKey): void => {
  const { run } = scope
  if (run === null) return
  if (run.entity === entity && run.project.toLowerCase() === project.toLowerCase()) return
  throw failure(
    "E_SERVER",
    `The key of run \`${run.id}\` may write only to \`${run.entity}/${run.project}\`, not to \`${entity}/${project}\``,
    { hints: ["Leave `entity` and `project` out of `wandb.init()`: the launch sets both"] },
  )
}

/** W&B's times have no fraction. */
export const wireTime = (time: string): string => time.replace(/\.\d+Z$/, "Z")

/** Ids must be valid base64: the SDK turns them into hex and back. */
export const wireId = (...parts: ReadonlyArray<string | number>): string =>
  Buffer.from(parts.join(":")).toString("base64")

/** What `wireId` was given, after the given first parts; undefined for other ids. */
export const idParts = (
  id: string,
  ...first: ReadonlyArray<string>
): ReadonlyArray<string> | undefined => {
  const prefix = `${first.join(":")}:`
  const text = Buffer.from(id, "base64").toString("utf8")
  return text.startsWith(prefix) ? text.slice(prefix.length).split(":") : undefined
}
