/** JSON text as Python's `json.dumps(value, indent=4)` writes it. */

/** Python escapes everything outside printable ASCII, DEL included. */
export const pythonJson = (value: unknown): string =>
  JSON.stringify(value, null, 4).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
