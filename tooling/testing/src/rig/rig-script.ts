/**
 * `up` prints where everything is as JSON and leaves it up; `up --for <pid>` until that
 * process has taken its leave with `leave --for <pid>`; `down` ends all of it. `newer` and `frontend`
 * add to a rig that is up what few tests need.
 */
import { problem, runScript } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { bringUpNewer, publishFrontend } from "./newer.ts"
import { bringDown, bringUp, leave } from "./rig.ts"

const [verb, , pid = "0"] = process.argv.slice(2)

const print = (value: object) => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

const scripts = {
  up: Effect.map(bringUp(Number(pid)), print),
  newer: Effect.map(bringUpNewer, print),
  frontend: publishFrontend,
  leave: leave(Number(pid)),
  down: bringDown,
}

await runScript(
  verb !== undefined && Object.hasOwn(scripts, verb)
    ? scripts[verb as keyof typeof scripts]
    : problem("Nothing was asked of the test rig", "Say `tooling/rig up` or `tooling/rig down`"),
)
