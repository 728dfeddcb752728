/** The contract between a launch and whatever builds images. */
import type { Failure } from "@relaunch/failure"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { BuildCache } from "./cache.ts"
import type { BuildContext } from "./context.ts"
import type { BuildEvent, BuiltImage } from "./event.ts"

export interface BuildRequest {
  /** `name:tag`; the tag carries the identity of everything below. */
  readonly ref: string
  /** Whole text. */
  readonly dockerfile: string
  /** Where the same text stands in the context; null when it does not stand there. */
  readonly dockerfilePath: string | null
  readonly context: BuildContext
  /** Images the Dockerfile starts from, so that a backend can hand over the logins for them. */
  readonly bases: ReadonlyArray<string>
  /** `linux/amd64`; null for the engine's own. */
  readonly platform: string | null
  readonly buildArguments: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** Name to value, given to `RUN --mount=type=secret` where the backend has it. */
  readonly secrets: Readonly<Record<string, string>>
  /** Seconds since 1970: no time in a layer shall be later. A backend that cannot do it warns. */
  readonly sourceDateEpoch?: number | undefined
  /** Runs every step, whatever the engine has of an earlier build; false by default. */
  readonly noCache?: boolean
}

/** What a backend can do, asked of the engine at hand and not guessed from its name. */
export interface BuilderFeatures {
  /** `RUN --mount=type=cache` */
  readonly cacheMounts: boolean
  /** `RUN --mount=type=secret` */
  readonly secretMounts: boolean
  /**
   * Under SOURCE_DATE_EPOCH no time in a layer is later than that, so that the same request gives the same
   * layers.
   */
  readonly rewrittenTimestamps: boolean
}

/** Where a backend's daemon is and what it calls itself. */
export interface BuilderStatus {
  /** Null of a service that is there for this command alone. */
  readonly address: string | null
  readonly version: string
}

export interface BuilderShape {
  /** Name as in `builder:` of the configuration. */
  readonly name: string
  readonly features: Effect.Effect<BuilderFeatures, Failure>
  /** Asks the daemon; fails with the reason why it cannot build now. */
  readonly status: Effect.Effect<BuilderStatus, Failure>
  /** The platform images are built for when nobody asks, `linux/amd64`. */
  readonly platform: Effect.Effect<string, Failure>
  /**
   * An image that is already there under this reference and carries this identity in its label, so
   * that nothing need be built.
   */
  readonly find: (ref: string, identity: string) => Effect.Effect<BuiltImage | undefined, Failure>
  /**
   * What pins a base image: the digest it has in its registry, or its id where it is known to this
   * engine alone. Pulls nothing, where the engine can ask a registry.
   */
  readonly baseDigest: (image: string) => Effect.Effect<string, Failure>
  /** Stages that the last one does not need are built too, and their images asked for; no by default. */
  readonly buildsUnneededStages?: Effect.Effect<boolean, Failure>
  /** Absent where a backend keeps nothing that it could let go of. */
  readonly cache?: BuildCache
  /** Interrupting the stream ends the build on the engine. */
  readonly build: (request: BuildRequest) => Stream.Stream<BuildEvent, Failure>
}

export class Builder extends Context.Tag("@relaunch/build/Builder")<Builder, BuilderShape>() {}
