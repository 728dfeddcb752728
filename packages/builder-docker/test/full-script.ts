/** Sends the folder it is given as a tar when no further file can be opened, and prints what broke the stream. */
import * as fs from "node:fs"
import { collectContext } from "@relaunch/build"
import * as Effect from "effect/Effect"
import { ChangedWhileRead, tarStream } from "../src/tar.ts"

const { entries } = await Effect.runPromise(collectContext(process.argv[2] ?? ""))
try {
  for (;;) fs.openSync("/dev/null", "r")
} catch {
  // That was the last.
}
let broke: unknown
const stream = tarStream(entries, [], (cause) => {
  broke = cause
})
try {
  for await (const _ of stream);
} catch {
  // Told below.
}
const code = broke instanceof Error ? Reflect.get(broke, "code") : undefined
fs.writeSync(1, JSON.stringify({ changed: broke instanceof ChangedWhileRead, code }))
process.exit(0)
