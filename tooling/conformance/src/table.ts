/** The conformance table as text. */
import { stringify } from "yaml"
import type { Case } from "./case.ts"
import type { Verdict } from "./differences.ts"
import { type Column, columns } from "./engines.ts"

export type Verdicts = Readonly<Record<Column, Verdict>>

const wordOf: Readonly<Record<Verdict["kind"], string>> = {
  same: "same",
  differs: "differs",
  wrong: "WRONG",
  listed: "LISTED",
}

const row = (name: string, words: ReadonlyArray<string>): string =>
  [name.padEnd(28), ...words.map((word) => word.padEnd(10))].join("").trimEnd()

export const heading = row("case", columns)

const indented = (text: string): string => text.trimEnd().replace(/^/gm, "      ")

const reasonsOf = (column: Column, verdict: Verdict): ReadonlyArray<string> => {
  switch (verdict.kind) {
    case "same":
      return []
    case "differs":
    case "listed":
      return [`    ${column}: ${verdict.reason}`]
    case "wrong":
      return [
        `    ${column}: expected`,
        indented(stringify(verdict.expected)),
        "    observed",
        indented(stringify(verdict.observed)),
      ]
  }
}

/** The case's line, and below it the reason of each difference. */
export const rowOf = ({ name }: Case, verdicts: Verdicts): string =>
  [
    row(
      name,
      columns.map((column) => wordOf[verdicts[column].kind]),
    ),
    ...columns.flatMap((column) => reasonsOf(column, verdicts[column])),
  ].join("\n")

const count = (all: ReadonlyArray<Verdicts>, kind: Verdict["kind"]): number =>
  all.flatMap((verdicts) => Object.values(verdicts)).filter((verdict) => verdict.kind === kind)
    .length

export const summary = (all: ReadonlyArray<Verdicts>, stray: ReadonlyArray<string>): string =>
  [
    ...stray.map((entry) => `differences.yaml: no such case, or twice: ${entry}`),
    `${all.length} cases on ${columns.length} engines: ${count(all, "same")} same, ${count(all, "differs")} different for a reason, ${count(all, "wrong")} unexplained, ${count(all, "listed") + stray.length} listed needlessly`,
  ].join("\n")

export const isConform = (all: ReadonlyArray<Verdicts>, stray: ReadonlyArray<string>): boolean =>
  count(all, "wrong") + count(all, "listed") + stray.length === 0
