/** Small texts that several commands share. */

export const age = (iso: string, now: number = Date.now()): string => {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000))
  // Of a damaged record, which a check of the store names.
  if (Number.isNaN(seconds)) return "unknown"
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** `2026-11-24 10:15:00 +01:00`, in the local zone. */
export const localTime = (iso: string): string => {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return "unknown"
  const two = (value: number) => String(Math.abs(value)).padStart(2, "0")
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`
}

/** In a table: how long ago for people, and the time itself where nobody looks at it. */
export const since = (iso: string, seen = process.stdout.isTTY): string =>
  seen ? age(iso) : localTime(iso)

export const shown = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value)

/** Words of a command as a shell would take them. */
export const shellWords = (words: ReadonlyArray<string>): string =>
  words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ")

/** `1 file`, `2 files` */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`
