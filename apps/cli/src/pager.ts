/** Long answers go through a pager on a terminal, as git and gh have it. */
import * as Effect from "effect/Effect"

/** Set by `--no-pager`. */
export const pagerMode = { off: false }

/** For commands that read no settings, as files with mistakes must not keep them from answering. */
export const readPagerMode = (flags: Readonly<Record<string, unknown>>): void => {
  const said = process.env["RELAUNCH_NO_PAGER"] ?? ""
  pagerMode.off = flags["pager"] === false || /^(?:1|true|yes|on)$/i.test(said)
}

/** The pager's command line; undefined where the text fits, or nobody wants one. PAGER as `cat` is none. */
export const pagerFor = (
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  terminal: { readonly isTTY: boolean; readonly rows: number },
): string | undefined => {
  const pager = env["RELAUNCH_PAGER"] ?? env["PAGER"] ?? "less"
  const fits = text.split("\n").length < terminal.rows
  return !terminal.isTTY || fits || pager === "" || pager === "cat" || env["TERM"] === "dumb"
    ? undefined
    : pager
}

/** False where it cannot be started; a reader who leaves early is no failure. */
export const paged = (pager: string, text: string): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    const child = Bun.spawn(["sh", "-c", pager], {
      stdin: "pipe",
      stdout: "inherit",
      stderr: "inherit",
      // Leaves at once what fits, shows colours, and leaves the text on the screen.
      env: { LESS: "FRX", ...process.env },
    })
    try {
      await child.stdin.write(text)
      await child.stdin.end()
    } catch {
      // The pager has been left before the end.
    }
    const missing = 127
    return (await child.exited) !== missing
  })
