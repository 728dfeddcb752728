/**
 * What programs print, as a terminal may be given it: colours, carriage returns and erased lines pass, as
 * progress bars use them; everything else that commands a terminal (its title, clipboard, cursor, modes)
 * is shown in place of being obeyed. Pipes and files get every byte as it came.
 */

/** A sequence that is not complete yet waits for the next bytes, up to this many characters. */
const longestSequence = 64

const control =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  /\u001b\[[0-9;:]*m|\u001b\[[012]?K|[\u0000-\u0007\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

const shown = (found: string): string =>
  found.length > 1 ? found : `\\x${found.charCodeAt(0).toString(16).padStart(2, "0")}`

// biome-ignore lint/suspicious/noControlCharactersInRegex: the beginning of a colour
const begun = /\u001b(?:\[[0-9;:]*)?$/

export interface ScreenText {
  readonly of: (bytes: Uint8Array) => string
  /** What waited for more that never came. */
  readonly end: () => string
}

/** One for each stream: characters and sequences may be cut anywhere. */
export const screenText = (): ScreenText => {
  const decoder = new TextDecoder()
  let waiting = ""
  const take = (text: string): string => {
    const whole = waiting + text
    const open = begun.exec(whole)
    waiting = open !== null && whole.length - open.index <= longestSequence ? open[0] : ""
    return whole.slice(0, whole.length - waiting.length).replace(control, shown)
  }
  return {
    of: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end: () => {
      const last = take(decoder.decode())
      const left = waiting
      waiting = ""
      return `${last}${left.replace(control, shown)}`
    },
  }
}
