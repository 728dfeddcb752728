import { hiddenCharacters } from "@relaunch/failure"

/** Control bytes of names and values made visible, and the characters that would hide others. */
export const visible = (text: string): string =>
  text.replace(hiddenCharacters, (char) => {
    const code = char.charCodeAt(0)
    return code < 256
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`
  })
