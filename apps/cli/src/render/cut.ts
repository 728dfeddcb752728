/** Texts cut to so many cells of a terminal, East Asian letters and emoji taken as wide as they are. */

/** `...` where the locale says that the terminal shows ASCII alone. */
export const ellipsisFor = (env: Readonly<Record<string, string | undefined>>): string => {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "UTF-8"
  return /utf-?8/i.test(locale) ? "…" : "..."
}

export const cut = (text: string, cells: number, ellipsis = ellipsisFor(process.env)): string => {
  if (Bun.stringWidth(text) <= cells) return text
  let kept = ""
  for (const char of text) {
    if (Bun.stringWidth(kept + char) > cells - ellipsis.length) break
    kept += char
  }
  return `${kept}${ellipsis}`
}
