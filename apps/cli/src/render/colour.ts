/** Whether a stream gets colours: `--color`, then NO_COLOR, FORCE_COLOR, TERM=dumb, then the terminal. */

/** `when` is the setting `color`. Sources: no-color.org, force-color.org. */
export const hasColours = (
  when: string,
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean => {
  if (when !== "auto") return when === "always"
  if (env["NO_COLOR"]) return false
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0"
  return isTerminal && env["TERM"] !== "dumb"
}
