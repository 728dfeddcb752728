/** JSON text as Python's `json.dumps(value, indent=4)` writes it. */

/** Python escapes everything outside ASCII, and DEL is inside. */
export const pythonJson = (value: unknown): string =>
  JSON.stringify(value, null, 4).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
