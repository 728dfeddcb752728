/**
 * The only place where values become Dockerfile text. Everything variable goes into JSON arrays or
 * quoted words whose every unusual character is escaped, so no value can end its instruction.
 */

/**
 * The JSON form of an instruction's arguments. Besides JSON's own escapes, what the builder or a
 * shell could read as its own (`$`, backslash line ends, heredocs, line separators) is written
 * as `\uXXXX`, which every builder decodes as plain JSON.
 */
export const jsonWords = (words: ReadonlyArray<string>): string =>
  `[${words.map(jsonWord).join(", ")}]`

const unicodeEscape = (char: string): string =>
  `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`

const jsonWord = (word: string): string =>
  JSON.stringify(word).replace(/[<$`\u007f-\uffff]/g, unicodeEscape)

/** Names that may stand bare after `FROM`: registry, path, tag, digest. Anything else is refused, a login too. */
export const isImageReference = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._:/-]*(?:@[a-z0-9]+:[a-f0-9]+)?$/.test(text) && text.length <= 512

/**
 * `COPY` expands variables and patterns in its words even in JSON form, so only paths without such
 * characters are ever named one by one.
 */
export const isPlainPath = (path: string): boolean => /^[A-Za-z0-9_./ +@,-]+$/.test(path)
