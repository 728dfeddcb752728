/** The cache of a classic builder: images without a name, each a step of some build. */
import type { BuildCache } from "@relaunch/build"
import type { EngineShape } from "@relaunch/engine"
import * as Effect from "effect/Effect"

export const unnamedImageCache = (engine: EngineShape): BuildCache => ({
  prunable: ({ keepSeconds }) =>
    Effect.map(engine.unnamedImages, (images) => {
      const before = Date.now() - keepSeconds * 1000
      const old = images.filter(({ createdAt }) => createdAt.getTime() <= before)
      return {
        entries: old.map(({ createdAt, id, size }) => ({
          id,
          size,
          description: "image without a name",
          lastUsedAt: createdAt.toISOString(),
        })),
        freed: old.reduce((sum, { size }) => sum + size, 0),
      }
    }),
  prune: ({ keepSeconds }) =>
    Effect.map(engine.pruneUnnamedImages(keepSeconds), ({ freed, removed }) => ({
      entries: removed.map((id) => ({
        id,
        size: 0,
        description: "image without a name",
        lastUsedAt: null,
      })),
      freed,
    })),
})
