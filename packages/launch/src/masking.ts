/** Keeps the values of a launch's secrets out of what a build says. */
import { BuildEvent } from "@relaunch/build"
import { type Failure, failure } from "@relaunch/failure"
import { mask } from "./environment.ts"

/** Shorter values are in many innocent words. */
const shortest = 4

export type Masker = (text: string) => string

/** Replaces each value, as it is, as it stands in URLs, and each line of those that have several. */
export const maskerOf = (secrets: Readonly<Record<string, string>>): Masker => {
  const values = Object.values(secrets)
    .flatMap((value) => [value, encodeURIComponent(value), ...value.split("\n")])
    .filter((value) => value.length >= shortest)
    // A value that holds another goes first.
    .sort((left, right) => right.length - left.length)
  return values.length === 0
    ? (text) => text
    : (text) => values.reduce((shown, value) => shown.replaceAll(value, mask), text)
}

export const maskedEvent = (event: BuildEvent, masked: Masker): BuildEvent => {
  switch (event._tag) {
    case "VertexStarted":
      return { ...event, name: masked(event.name) }
    case "VertexFinished":
      return event.error === undefined ? event : { ...event, error: masked(event.error) }
    case "VertexLog":
      return { ...event, line: masked(event.line) }
    case "Warning":
      return BuildEvent.Warning({ message: masked(event.message) })
    default:
      return event
  }
}

const maskedValue = (value: unknown, masked: Masker): unknown => {
  if (typeof value === "string") return masked(value)
  if (Array.isArray(value)) return value.map((each) => maskedValue(each, masked))
  return typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([key, each]) => [key, maskedValue(each, masked)]),
      )
    : value
}

/** Its cause is left behind: that may hold anything. */
export const maskedFailure = (error: Failure, masked: Masker): Failure =>
  failure(error.code, masked(error.message), {
    hints: error.hints.map(masked),
    details: Object.fromEntries(
      Object.entries(error.details).map(([key, value]) => [key, maskedValue(value, masked)]),
    ),
  })
