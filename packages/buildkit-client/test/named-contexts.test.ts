/** What stands in for images and stages of a Dockerfile. */
import { describe, expect } from "bun:test"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { base, buildkitDaemons, built, context, unique } from "./support/daemons.ts"

for (const { address, name } of buildkitDaemons) {
  describe(name, () => {
    liveEffect("copies from named contexts", () =>
      Effect.gen(function* () {
        const { events, log } = yield* built(address, {
          context: context({
            Dockerfile: `FROM ${base}\nCOPY --from=more x /x\nRUN cat /x; echo ${unique()}\n`,
          }),
          namedContexts: { more: context({ x: "from elsewhere\n" }) },
        })
        expect(log[0]).toBe("from elsewhere")
        const sent = events.flatMap((event) => (event._tag === "ContextSent" ? [event.name] : []))
        expect(new Set(sent)).toEqual(new Set(["dockerfile", "context", "more"]))
      }),
    )

    for (const [from, given] of [
      ["docker.io/library/nowhere:latest", "nowhere"],
      ["nowhere", "index.docker.io/library/nowhere"],
      ["docker.io/no/where:1", "docker.io/no/where:1"],
      ["localhost:1/library/nowhere:latest", "localhost:1/library/nowhere"],
    ] as const) {
      liveEffect(`takes the context \`${given}\` for the image \`${from}\``, () =>
        built(address, {
          // No registry has the image.
          context: context({ Dockerfile: `FROM ${from}\nCOPY x /y\n`, x: unique() }),
          namedContexts: { [given]: context({ z: "" }) },
        }),
      )
    }
  })
}
