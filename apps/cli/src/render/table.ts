/** Tables: columns that fit the terminal, tab-separated and whole when nobody looks at one. */
import { cut } from "./cut.ts"
import { visible } from "./visible.ts"

const fill = (text: string, cells: number): string => {
  const fitting = cut(text, cells)
  return fitting + " ".repeat(Math.max(0, cells - Bun.stringWidth(fitting)))
}

const gap = 2

/** A letter and an ellipsis. */
const narrowest = 4

/** Shrinks the widest columns until the row fits, or each is as narrow as can be. */
const fitted = (widths: ReadonlyArray<number>, room: number): ReadonlyArray<number> => {
  const fit = [...widths]
  const total = () => fit.reduce((sum, width) => sum + width, 0) + gap * (fit.length - 1)
  while (total() > room) {
    const widest = fit.indexOf(Math.max(...fit))
    if ((fit[widest] ?? 0) <= narrowest) break
    fit[widest] = (fit[widest] ?? 0) - 1
  }
  return fit
}

/** Of the terminal that the answer goes to; undefined where it goes elsewhere. */
export const tableColumns = (): number | undefined =>
  process.stdout.isTTY ? process.stdout.columns || 80 : undefined

export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  columns = tableColumns(),
): string => {
  const cells = rows.map((row) => row.map(visible))
  if (columns === undefined) return [head, ...cells].map((row) => row.join("\t")).join("\n")
  const all = [head.map((name) => name.toUpperCase()), ...cells]
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? ""))),
  )
  const fit = fitted(widths, columns)
  return all
    .map((row) => row.map((cell, column) => fill(cell, fit[column] ?? narrowest)))
    .map((row) => cut(row.join(" ".repeat(gap)).trimEnd(), columns))
    .join("\n")
}

/** `name   value` lines. */
export const fields = (pairs: ReadonlyArray<readonly [string, string]>): string => {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs
    .map(([name, value]) => `${name.padEnd(width)}  ${visible(value)}`.trimEnd())
    .join("\n")
}
