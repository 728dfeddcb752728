import { hiddenCharacters } from "@relaunch/failure"

/**
 * The value as JSON. Characters that a terminal obeys, or that hide others, are escaped, of which JSON itself
 * does but a part: U+009B, a beginning of commands, is data to it. What a reader gets is the same.
 */
export const jsonText = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? "null").replace(hiddenCharacters, (char) =>
    // Between members; in a text it is escaped already.
    char === "\n" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
