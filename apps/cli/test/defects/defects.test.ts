/** The reference's known defects, tried on ours. */
import { describe, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "../command.ts"
import type { Call, Machine, Proof } from "./defect.ts"
import { images } from "./images.ts"
import { sources } from "./sources.ts"

const defects = [...sources, ...images]
const root = join(import.meta.dir, "../../../..")

const answerOf = ({ relaunch }: Machine, cwd: string, { args, env, exit = 0, says }: Call) =>
  Effect.map(relaunch(args, { cwd, ...(env === undefined ? {} : { env }) }), (ended) => {
    const said = `${ended.stdout}\n${ended.stderr}`
    expect([args, ended.code, said]).toEqual([args, exit, expect.stringMatching(says)])
    return said
  })

const shown = (proof: Proof) =>
  Effect.gen(function* () {
    if ("title" in proof) {
      const text = yield* Effect.promise(() => Bun.file(join(root, proof.file)).text())
      expect([proof.file, text.includes(proof.title)]).toEqual([proof.file, true])
      return
    }
    const place = yield* machine
    const cwd = yield* temporaryFolder(proof.files ?? {})
    const calls = "calls" in proof ? proof.calls : "differ" in proof ? proof.differ : proof.agree
    const said = yield* Effect.forEach(calls, (call) => answerOf(place, cwd, call))
    if ("calls" in proof) {
      if (proof.temporary === "empty") expect(readdirSync(join(place.home, "tmp"))).toEqual([])
      return
    }
    const [one, other] = said.map((text) => proof.answer.exec(text)?.[1])
    expect(one).toBeString()
    if ("agree" in proof) expect(other).toBe(one ?? "")
    else expect(other).not.toBe(one ?? "")
  })

describe("the reference's defect that", () => {
  for (const { ours, proofs, reference } of defects) {
    liveEffect(`${reference}: ours, ${ours}`, () =>
      Effect.asVoid(Effect.forEach(proofs, (proof) => Effect.scoped(shown(proof)))),
    )
  }
})

test("no two rows are one", () => {
  expect(new Set(defects.map(({ reference }) => reference)).size).toBe(defects.length)
})
