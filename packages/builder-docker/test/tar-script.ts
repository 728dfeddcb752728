/**
 * Sends the folder it is given as a tar and prints how much memory that took. A process of its own, as
 * memory is a process's. The reader stalls in the middle: who sends without looking fills memory then.
 */
import { collectContext } from "@relaunch/build"
import * as Effect from "effect/Effect"
import { tarStream } from "../src/tar.ts"

const context = await Effect.runPromise(collectContext(process.argv[2] ?? ""))
const rest = () => new Promise<void>((resume) => setTimeout(resume, 500))
Bun.gc(true)
const before = process.memoryUsage().rss
let bytes = 0
let most = 0
const reader = tarStream(context.entries, [], () => undefined).getReader()
for (let at = 0; ; at += 1) {
  const { done, value } = await reader.read()
  if (done) break
  bytes += value.length
  if (at === 10) await rest()
  if (at % 50 === 0 || at === 11) most = Math.max(most, process.memoryUsage().rss)
}
const grown = Math.round((most - before) / 1e6)
process.stdout.write(JSON.stringify({ entries: context.entries.length, bytes, grown }))
