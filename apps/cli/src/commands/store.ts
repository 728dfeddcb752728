/** `relaunch store check`: everything in the store that is not as it should be. */

import { humanSize } from "@relaunch/build"
import { exitCodes } from "@relaunch/failure"
import { listJobs } from "@relaunch/launch"
import { checkStore } from "@relaunch/store"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { CommandEffect, Flags } from "../contract.ts"
import { answer, answerJson, talk } from "../output.ts"
import { canDraw } from "../render/screen.ts"
import { table } from "../render/table.ts"
import { counted } from "../render/text.ts"
import { whileWaiting } from "../render/waiting.ts"
import { session } from "../session.ts"
import { storeOf } from "../store-layer.ts"

/** Milliseconds between two words on how far the reading is. */
const interval = 5000

export const checkCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const { home } = current.configuration.locations
    let told = performance.now()
    const drawn = canDraw(process.stderr)
    const reading = checkStore(home, ({ checked, total }) => {
      if (drawn || performance.now() - told < interval) return
      told = performance.now()
      process.stderr.write(`checked ${checked} of ${total} files\n`)
    })
    const report = yield* drawn ? whileWaiting(current, "read the store")(reading) : reading
    const isContentTold = report.damage.some(({ kind }) => kind === "content")
    // A store that cannot be opened is in the report already.
    const unreadable = yield* listJobs({
      entity: undefined,
      project: undefined,
      allVersions: true,
    }).pipe(
      Effect.map(({ damaged }) => damaged),
      Effect.catchAll((error) => Effect.succeed([error])),
      Effect.provide(storeOf(current, "quiet")),
      Effect.when(() =>
        report.damage.every(({ kind }) => kind !== "database" && kind !== "folder"),
      ),
      Effect.map((found) => (found._tag === "Some" ? found.value : [])),
      // What of a job is not as it was stored is told as content.
      Effect.map(Arr.filter(({ code }) => code === "E_JOB_INVALID" || !isContentTold)),
    )
    const damage = [
      ...report.damage,
      ...unreadable.map(({ message }) => ({ kind: "job", subject: home, problem: message })),
    ]
    const { checked, size, unnamed } = report
    if (current.flag("json")) yield* answerJson({ damage, checked, size, unnamed })
    else {
      if (damage.length > 0) {
        const rows = damage.map(({ kind, problem, subject }) => [kind, subject, problem])
        yield* answer(table(["kind", "what", "problem"], rows))
      }
      yield* talk(
        `${counted(checked, "file")} of content checked, ${humanSize(size)}: ${
          damage.length === 0 ? "no damage" : counted(damage.length, "problem")
        }`,
      )
      if (unnamed.count > 0) {
        const what = `${counted(unnamed.count, "file")} (${humanSize(unnamed.size)})`
        yield* talk(`${what} of content that nothing names; \`relaunch clean\` removes it`)
      }
    }
    return damage.length === 0 ? exitCodes.success : exitCodes.store
  })
