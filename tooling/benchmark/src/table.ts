/** The table: one block of lines for each comparison, ours first. */
import { cpus, loadavg } from "node:os"
import type { Line, Result } from "./comparison.ts"

const time = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

const widths = [44, 10, 20, 9, 7] as const

const row = (cells: ReadonlyArray<string>): string =>
  cells
    .map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at] ?? 0)))
    .join("  ")
    .trimEnd()

export const heading = row(["", "median", "spread", "peak", "ratio"])

const lineOf = ({ fastest, median, name, peak, ratio, slowest }: Line): string =>
  row([
    ratio === null ? `  ${name}` : `  beside ${name}`,
    time(median),
    `${time(fastest)} to ${time(slowest)}`,
    megabytes(peak),
    ratio === null ? "" : ratio.toFixed(2),
  ])

const aimOf = ({ aim }: Result): ReadonlyArray<string> =>
  aim === null
    ? []
    : [`  aim: ${aim.text}: ${aim.missedBy === 0 ? "reached" : `missed by ${amount(aim)}`}`]

const amount = ({ missedBy, of }: NonNullable<Result["aim"]>): string =>
  of === "memory" ? megabytes(missedBy) : time(missedBy)

export const blockOf = (result: Result): string =>
  [
    `${result.what} (${result.turns === 1 ? "once" : `${result.turns} times in turn`})`,
    ...result.lines.map(lineOf),
    ...aimOf(result),
  ].join("\n")

/** What else the machine had to do. */
export const machineText = (): string => {
  const [load = 0] = loadavg()
  return `${cpus().length} cores, load ${load.toFixed(1)}`
}

export const summary = (results: ReadonlyArray<Result>): string => {
  const aims = results.filter(({ aim }) => aim !== null)
  const missed = aims.filter(({ aim }) => aim !== null && aim.missedBy > 0)
  const names = missed.map(({ what }) => what)
  return [
    `${aims.length - missed.length} of ${aims.length} aims reached`,
    ...(names.length === 0 ? [] : [`missed: ${names.join("; ")}`]),
  ].join("; ")
}
