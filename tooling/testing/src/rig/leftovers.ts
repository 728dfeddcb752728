/**
 * Images of earlier suites. Engines grow slow with them: podman looks through all of its images for each step of a
 * build, and takes seconds to list some hundred.
 */
import { call, type EngineApi, output, type Problem, say } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { podmanEnvironment } from "./podman.ts"

/** What a suite that runs beside this one has made is younger. */
const age = "1h"

/** As the product marks what it builds. */
const label = "dev.relaunch.identity"

const filters = encodeURIComponent(
  JSON.stringify({ dangling: ["false"], label: [label], until: [age] }),
)

const ofPodman = (folder: string): Effect.Effect<unknown, Problem> =>
  output(["podman", "image", "prune", "--all", "--force", "--filter", `until=${age}`], {
    env: podmanEnvironment(folder),
  })

/** `podman` is the folder of its settings. Where it fails, the suite runs all the same. */
export const removeOldImages = (api: EngineApi, podman: string): Effect.Effect<void> =>
  Effect.all(
    [call(api, `/images/prune?filters=${filters}`, { method: "POST" }), ofPodman(podman)],
    {
      concurrency: "unbounded",
      discard: true,
    },
  ).pipe(
    Effect.timeout("2 minutes"),
    Effect.catchAll((error) => say(`Old images stay: ${error.message}`)),
  )
