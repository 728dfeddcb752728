/**
 * Lines at the bottom of a terminal that are drawn again in place, below those that stay. Widths are
 * looked at anew each time, as the terminal may have another size by then.
 */

const eraseLine = "\u001b[2K"
const up = "\u001b[1A"
const hideCursor = "\u001b[?25l"
const showCursor = "\u001b[?25h"

export interface Screen {
  readonly columns: () => number
  readonly rows: () => number
  /** Draws these in place of the last ones. */
  readonly draw: (lines: ReadonlyArray<string>) => void
  /** Takes what is drawn away; the cursor is seen again, where it was before the first line. */
  readonly clear: () => void
}

/** A dumb terminal cannot draw in place, and what is no terminal has no place. */
export const canDraw = (out: NodeJS.WriteStream): boolean =>
  out.isTTY === true && process.env["TERM"] !== "dumb"

/** Every line must fit `columns()`, and all of them `rows()`. */
export const screen = (out: NodeJS.WriteStream): Screen => {
  let drawn: ReadonlyArray<string> = []
  const columns = () => out.columns || 80
  const rowsOf = (line: string) => Math.max(1, Math.ceil(Bun.stringWidth(line) / columns()))
  /** A terminal that became narrower has broken the lines that are on it. */
  const erased = () => {
    const rows = drawn.reduce((sum, line) => sum + rowsOf(line), 0)
    return `\r${eraseLine}${`${up}${eraseLine}`.repeat(rows)}`
  }
  const restore = () => out.write(showCursor)
  return {
    columns,
    rows: () => out.rows || 24,
    draw: (lines) => {
      const before = drawn.length === 0 ? hideCursor : erased()
      if (drawn.length === 0) process.once("exit", restore)
      drawn = lines
      out.write(`${before}${lines.map((line) => `${line}\n`).join("")}`)
    },
    clear: () => {
      if (drawn.length === 0) return
      out.write(`${erased()}${showCursor}`)
      process.off("exit", restore)
      drawn = []
    },
  }
}
