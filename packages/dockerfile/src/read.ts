/** Reads a user's own Dockerfile as far as a build plan needs it: the images it starts from. */
import { type Failure, failure } from "@relaunch/failure"
import { DockerfileParser, type From } from "dockerfile-ast"
import * as Effect from "effect/Effect"

/** `${NAME}`, `$NAME` and `${NAME:-word}` by the arguments given, else by their defaults. */
const expand = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(
    /\$(?:\{(\w+)(?::?([-+])([^}]*))?\}|(\w+))/g,
    (_, braced: string | undefined, operator: string | undefined, word: string, bare: string) => {
      const value = values.get(braced ?? bare)
      if (operator === "-") return value || word
      if (operator === "+") return value ? word : ""
      return value ?? ""
    },
  )

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, "$2")

/**
 * Images of all `FROM` lines that are not an earlier stage or `scratch`, in order, without repeats.
 * `E_DOCKERFILE` when there is no `FROM`.
 */
export const baseImages = (
  path: string,
  text: string,
  buildArguments: Readonly<Record<string, string>>,
): Effect.Effect<ReadonlyArray<string>, Failure> => {
  const dockerfile = DockerfileParser.parse(text.replace(/^\ufeff/, ""))
  const values = new Map<string, string>()
  for (const argument of dockerfile.getInitialARGs()) {
    const property = argument.getProperty()
    if (property === null) continue
    const name = property.getName()
    const given = buildArguments[name] ?? property.getValue()
    if (given !== null && given !== undefined) values.set(name, unquoted(given))
  }
  const stages = new Set<string>()
  const images: Array<string> = []
  const froms: ReadonlyArray<From> = dockerfile.getFROMs()
  if (froms.length === 0) {
    return Effect.fail(
      failure("E_DOCKERFILE", `\`${path}\` has no FROM instruction`, {
        hints: ["Start it with the image to build on, for example `FROM python:3.13-slim`"],
        details: { dockerfile: path },
      }),
    )
  }
  for (const from of froms) {
    const image = expand(unquoted(from.getImage() ?? ""), values)
    const stage = from.getBuildStage()
    if (image !== "" && image !== "scratch" && !stages.has(image.toLowerCase())) images.push(image)
    if (stage !== null) stages.add(stage.toLowerCase())
  }
  return Effect.succeed([...new Set(images)])
}
