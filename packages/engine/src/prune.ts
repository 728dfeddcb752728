/** Images that nothing names: what an engine's own builder leaves behind, its cache among them. */
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { at } from "./parsed.ts"
import type { Transport } from "./transport.ts"

export interface UnnamedImage {
  readonly id: string
  /** Bytes, those that it shares with others among them. */
  readonly size: number
  readonly createdAt: Date
}

export interface PruneApi {
  readonly unnamedImages: Effect.Effect<ReadonlyArray<UnnamedImage>, Failure>
  /** Removes those that no container uses and that are older than so many seconds. */
  readonly pruneUnnamedImages: (
    olderThan: number,
  ) => Effect.Effect<{ readonly removed: ReadonlyArray<string>; readonly freed: number }, Failure>
}

const items = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const unnamed = JSON.stringify({ dangling: ["true"] })

const isRemoval = /(?:image|layer) not known|no such image/i

export const pruneApi = (api: Effect.Effect<Transport, Failure>): PruneApi => ({
  unnamedImages: Effect.flatMap(api, ({ json }) =>
    // An engine with many hundred images takes its time to list them.
    json({ method: "GET", path: "/images/json", query: { filters: unnamed } }, true),
  ).pipe(
    // Podman gives up its list when an image of it is removed meanwhile.
    Effect.retry({ times: 5, while: ({ details }) => isRemoval.test(String(details["message"])) }),
    Effect.map((said) =>
      items(said).map((image) => ({
        id: String(at(image, "Id")),
        size: Number(at(image, "Size") ?? 0),
        createdAt: new Date(Number(at(image, "Created") ?? 0) * 1000),
      })),
    ),
  ),
  pruneUnnamedImages: (olderThan) =>
    Effect.flatMap(api, ({ json }) =>
      json(
        {
          method: "POST",
          path: "/images/prune",
          query: {
            filters: JSON.stringify({
              dangling: ["true"],
              ...(olderThan > 0 ? { until: [`${olderThan}s`] } : {}),
            }),
          },
        },
        true,
      ),
    ).pipe(
      Effect.map((said) => ({
        removed: items(at(said, "ImagesDeleted")).flatMap((each) => {
          const id = at(each, "Deleted")
          return typeof id === "string" && id !== "" ? [id] : []
        }),
        freed: Number(at(said, "SpaceReclaimed") ?? 0),
      })),
    ),
})
