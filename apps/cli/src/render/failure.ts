/** What explains a failed build, before the error itself: Dockerfile lines, the step's last output, its log. */
import type { Failure } from "@relaunch/failure"
import { visible } from "./visible.ts"

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

const number = (value: unknown): number => (typeof value === "number" ? value : 0)
const texts = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : []

/** The lines with their numbers, those of the failed instruction marked. */
const sourceLines = (source: unknown): ReadonlyArray<string> => {
  const around = field(source, "around")
  const lines = texts(field(around, "lines"))
  const from = number(field(around, "firstLine"))
  const first = number(field(source, "firstLine"))
  const last = number(field(source, "lastLine"))
  if (lines.length === 0) return []
  const width = String(from + lines.length - 1).length
  return [
    "",
    `${visible(String(field(source, "file")))}:${first}`,
    ...lines.map((line, at) => {
      const place = from + at
      const mark = place >= first && place <= last ? ">>" : "  "
      return `${mark} ${String(place).padStart(width)} | ${visible(line.replaceAll("\t", "    "))}`
    }),
  ]
}

const outputLines = ({ details }: Failure): ReadonlyArray<string> => {
  const log = texts(details["log"])
  const step = details["step"]
  return log.length === 0 || typeof step !== "string"
    ? []
    : ["", `last output of ${visible(step)}`, ...log.map((line) => `   ${visible(line)}`)]
}

/** Lines for stderr; none for what is no build. */
export const explanation = (error: Failure): ReadonlyArray<string> => {
  const shown = [...sourceLines(error.details["source"]), ...outputLines(error)]
  const path = error.details["logFile"]
  return [
    ...shown,
    ...(typeof path === "string"
      ? [...(shown.length > 0 ? [""] : []), `log: ${visible(path)}`]
      : []),
  ]
}
