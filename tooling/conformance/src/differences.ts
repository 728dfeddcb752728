/** What engines force to be different, as data: `differences.yaml`. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { parse } from "yaml"
import type { Case, Observation } from "./case.ts"
import { type Column, columns } from "./engines.ts"

const Parts = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const Differences = Schema.Array(
  Schema.Struct({
    case: Schema.String,
    engine: Schema.Literal(...columns),
    reason: Schema.NonEmptyString,
    /** Of which daemons this is true: all, those of the rig, or the newer ones (RELAUNCH_TEST_DAEMONS). */
    daemons: Schema.optional(Schema.Literal("older", "newer")),
    /** The parts of the observation that are different; an `error` in place of an `image` is whole. */
    instead: Schema.Union(Schema.Struct({ image: Parts }), Schema.Struct({ error: Parts })),
  }),
)
export type Difference = (typeof Differences.Type)[number]

/** Those of the daemons that are used now. Throws when the file is not such a list, and says where. */
export const readDifferences = (): ReadonlyArray<Difference> => {
  const used = process.env["RELAUNCH_TEST_DAEMONS"] === "newer" ? "newer" : "older"
  return Schema.decodeUnknownSync(Differences, { onExcessProperty: "error" })(
    parse(readFileSync(join(import.meta.dir, "../differences.yaml"), "utf8")),
  ).filter(({ daemons = used }) => daemons === used)
}

const partsOf = (observation: object): readonly [string, Readonly<Record<string, unknown>>] => {
  const [[kind, parts] = ["", {}]] = Object.entries(observation)
  return [kind, parts]
}

/** The case's expectation with what the difference has in its stead. */
const expectedWith = (it: Case, difference: Difference | undefined): object => {
  if (difference === undefined) return it.expect
  const [kind, parts] = partsOf(it.expect)
  const [otherKind, otherParts] = partsOf(difference.instead)
  return kind === otherKind ? { [kind]: { ...parts, ...otherParts } } : difference.instead
}

/** Parts of a difference that are as the case has them, and so are none. */
const needless = (it: Case, { instead }: Difference): ReadonlyArray<string> => {
  const [kind, parts] = partsOf(it.expect)
  const [otherKind, otherParts] = partsOf(instead)
  return kind === otherKind
    ? Object.keys(otherParts).filter((name) => Bun.deepEquals(parts[name], otherParts[name]))
    : []
}

export type Verdict =
  | { readonly kind: "same" }
  | { readonly kind: "differs"; readonly reason: string }
  /** Nothing explains it. */
  | { readonly kind: "wrong"; readonly expected: object; readonly observed: unknown }
  /** The list says that it differs, and it does not, or not in this. */
  | { readonly kind: "listed"; readonly reason: string }

export const judged = (
  it: Case,
  column: Column,
  observed: Observation,
  differences: ReadonlyArray<Difference>,
): Verdict => {
  const difference = differences.find((each) => each.case === it.name && each.engine === column)
  const same = Bun.deepEquals(observed, it.expect)
  if (difference === undefined) {
    return same ? { kind: "same" } : { kind: "wrong", expected: it.expect, observed }
  }
  const extra = needless(it, difference)
  if (same || extra.length > 0) {
    const what = same
      ? "is not needed"
      : `needs no ${extra.map((name) => `\`${name}\``).join(", ")}`
    return { kind: "listed", reason: `its entry in differences.yaml ${what}` }
  }
  const expected = expectedWith(it, difference)
  return Bun.deepEquals(observed, expected)
    ? { kind: "differs", reason: difference.reason }
    : { kind: "wrong", expected, observed }
}

/** Entries of the list that are of no case, or of one that has another already. */
export const strayDifferences = (
  cases: ReadonlyArray<Case>,
  differences: ReadonlyArray<Difference>,
): ReadonlyArray<string> => {
  const keys = differences.map((each) => `${each.case} on ${each.engine}`)
  return [
    ...differences.filter((each) => !cases.some(({ name }) => name === each.case)),
    ...differences.filter((_, index) => keys.indexOf(keys[index] ?? "") !== index),
  ].map((each) => `${each.case} on ${each.engine}`)
}
