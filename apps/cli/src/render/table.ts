/** Tables: columns that fit the terminal, tab-separated and whole when nobody looks at one. */
import { visible } from "./visible.ts"

const cut = (text: string, width: number): string => {
  if (Bun.stringWidth(text) <= width) return text + " ".repeat(width - Bun.stringWidth(text))
  let kept = ""
  for (const char of text) {
    if (Bun.stringWidth(kept + char) > width - 1) break
    kept += char
  }
  return `${kept}…`.padEnd(width)
}

const gap = 2

/** Shrinks the widest columns until the row fits. */
const fitted = (widths: ReadonlyArray<number>, room: number): ReadonlyArray<number> => {
  const fit = [...widths]
  const total = () => fit.reduce((sum, width) => sum + width, 0) + gap * (fit.length - 1)
  while (total() > room) {
    const widest = fit.indexOf(Math.max(...fit))
    if ((fit[widest] ?? 0) <= 8) break
    fit[widest] = (fit[widest] ?? 0) - 1
  }
  return fit
}

export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
): string => {
  const cells = rows.map((row) => row.map(visible))
  if (!process.stdout.isTTY) return [head, ...cells].map((row) => row.join("\t")).join("\n")
  const all = [head.map((name) => name.toUpperCase()), ...cells]
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? ""))),
  )
  const fit = fitted(widths, process.stdout.columns || 80)
  return all
    .map((row) =>
      row
        .map((cell, column) => cut(cell, fit[column] ?? 8))
        .join(" ".repeat(gap))
        .trimEnd(),
    )
    .join("\n")
}

/** `name   value` lines. */
export const fields = (pairs: ReadonlyArray<readonly [string, string]>): string => {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs
    .map(([name, value]) => `${name.padEnd(width)}  ${visible(value)}`.trimEnd())
    .join("\n")
}
