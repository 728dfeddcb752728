/** What holds for every stream of build events, whoever builds. */
import type { BuildEvent } from "@relaunch/build"
import * as Effect from "effect/Effect"

/** Dies where a stream breaks the contract: nothing that is expected to happen. */
export const disorderIn = (
  events: ReadonlyArray<BuildEvent>,
  succeeded: boolean,
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const open = new Set<string>()
    const begun = new Set<string>()
    for (const [index, event] of events.entries()) {
      const place = `event ${index + 1} of ${events.length}, ${JSON.stringify(event)}`
      switch (event._tag) {
        case "VertexStarted":
          open.add(event.id)
          begun.add(event.id)
          break
        case "VertexFinished":
          if (!begun.has(event.id)) return yield* Effect.dieMessage(`ends unbegun: ${place}`)
          open.delete(event.id)
          break
        case "VertexLog":
        case "VertexProgress":
          if (!begun.has(event.id)) return yield* Effect.dieMessage(`is of nothing: ${place}`)
          break
        case "Finished":
          if (index !== events.length - 1) return yield* Effect.dieMessage(`not last: ${place}`)
          break
        case "Warning":
          break
      }
    }
    if (open.size > 0) return yield* Effect.dieMessage(`not ended: ${[...open].join(", ")}`)
    if (succeeded && events.at(-1)?._tag !== "Finished") {
      return yield* Effect.dieMessage("no image at the end")
    }
  })
