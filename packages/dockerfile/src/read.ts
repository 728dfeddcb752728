/** Reads a user's own Dockerfile as far as a build plan needs it: the images it starts from. */
import { type Failure, failure } from "@relaunch/failure"
import { type Dockerfile, DockerfileParser, type From } from "dockerfile-ast"
import * as Effect from "effect/Effect"

/** One that holds no other. */
const innermost = /\$(?:\{(\w+)(?::?([-+])([^{}$]*))?\}|(\w+))/g

const deepest = 20

/**
 * `${NAME}`, `$NAME`, `${NAME:-word}` and `${NAME:+word}`, the inner ones first, by the arguments given, else by their
 * defaults.
 */
const expand = (text: string, values: ReadonlyMap<string, string>): string => {
  let expanded = text
  for (let depth = 0; depth < deepest; depth += 1) {
    const before = expanded
    expanded = before.replace(
      innermost,
      (_, braced: string | undefined, operator: string | undefined, word: string, bare: string) => {
        const value = values.get(braced ?? bare)
        if (operator === "-") return value || word
        if (operator === "+") return value ? word : ""
        return value ?? ""
      },
    )
    if (expanded === before) break
  }
  return expanded
}

const aboutPlatform = /\$\{?(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)\b/

/** Whether what a Dockerfile starts from may depend on the platform. */
export const asksForPlatform = (text: string): boolean => aboutPlatform.test(text)

/** What builders with BuildKit know without an `ARG`: `TARGETARCH` and its like, of `linux/arm/v7`. */
const platformArguments = (platform: string): ReadonlyArray<readonly [string, string]> => {
  const [os = "", architecture = "", variant = ""] = platform.split("/")
  return ["BUILD", "TARGET"].flatMap((of) => [
    [`${of}PLATFORM`, platform] as const,
    [`${of}OS`, os] as const,
    [`${of}ARCH`, architecture] as const,
    [`${of}VARIANT`, variant] as const,
  ])
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, "$2")

/** Values of the `ARG` lines before the first `FROM`; each may use those before it. */
const globalArguments = (
  dockerfile: Dockerfile,
  given: Readonly<Record<string, string>>,
  platform: string | undefined,
): ReadonlyMap<string, string> => {
  const values = new Map(platform === undefined ? [] : platformArguments(platform))
  for (const instruction of dockerfile.getInitialARGs()) {
    for (const argument of instruction.getArguments()) {
      const [, name = "", text] = /^(\w+)(?:=(.*))?$/s.exec(argument.getValue()) ?? []
      const value = given[name] ?? (text === undefined ? undefined : expand(unquoted(text), values))
      if (name !== "" && value !== undefined) values.set(name, value)
    }
  }
  return values
}

/** Images that files are copied or mounted from; a number or a stage's name is none. */
const copiedFrom = (dockerfile: Dockerfile): ReadonlyArray<string> =>
  dockerfile
    .getInstructions()
    .filter((instruction) => /^(?:COPY|RUN)$/i.test(instruction.getInstruction()))
    .map((instruction) => instruction.getTextContent().replace(/[\\`]\s*\n/g, " "))
    .flatMap((written) => /^\w+\s+((?:--\S+\s+)+)/.exec(written)?.[1] ?? [])
    .flatMap((flags) => [...flags.matchAll(/--(?:from|mount)=(\S+)/g)])
    .flatMap(([flag, value = ""]) =>
      flag.startsWith("--from")
        ? [value]
        : value.split(",").flatMap((option) => /^from=(.+)$/.exec(option)?.[1] ?? []),
    )
    .map(unquoted)
    .filter((image) => !/^\d+$/.test(image) && !image.includes("$"))

/**
 * `COPY --from=<number>` of a stage that does not come before it. Some builders say what is wrong; podman
 * 4.3 falls over, and its service with it.
 */
const missingStage = (path: string, dockerfile: Dockerfile): Failure | undefined => {
  const starts = dockerfile.getFROMs().map((from) => from.getRange().start.line)
  for (const instruction of dockerfile.getInstructions()) {
    const flags = /^COPY\s+((?:--\S+\s+)+)/i.exec(instruction.getTextContent())?.[1] ?? ""
    const stage = /--from=["']?(\d+)["']?\s/.exec(flags)?.[1]
    const at = instruction.getRange().start.line
    if (stage === undefined) continue
    const before = starts.filter((start) => start < at).length - 1
    if (Number(stage) < before) continue
    return failure(
      "E_DOCKERFILE",
      `\`${path}\` line ${at + 1}: there is no stage ${stage} before it`,
      {
        hints: ["Stages count from 0; name them with `FROM ... AS name` and copy from the name"],
        details: { dockerfile: path, line: at + 1 },
      },
    )
  }
  return undefined
}

/**
 * Images of all `FROM` lines that are not an earlier stage or `scratch`, then those of `--from` flags,
 * in order, without repeats. `E_DOCKERFILE` when there is no `FROM`, one without an image, or a copy from a
 * stage that is not there.
 */
export const baseImages = (
  path: string,
  text: string,
  buildArguments: Readonly<Record<string, string>>,
  /** That the image is built on and for; what depends on it is empty without. */
  platform?: string,
): Effect.Effect<ReadonlyArray<string>, Failure> => {
  const nul = text.indexOf("\0")
  if (nul >= 0) {
    const line = text.slice(0, nul).split("\n").length
    return Effect.fail(
      failure("E_DOCKERFILE", `\`${path}\` line ${line} holds a NUL byte`, {
        hints: ["Save it as plain UTF-8 text"],
        details: { dockerfile: path, line },
      }),
    )
  }
  const dockerfile = DockerfileParser.parse(text.replace(/^\ufeff/, ""))
  const values = globalArguments(dockerfile, buildArguments, platform)
  const stages = new Set(["scratch"])
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
  const missing = missingStage(path, dockerfile)
  if (missing !== undefined) return Effect.fail(missing)
  for (const from of froms) {
    const written = from.getImage() ?? ""
    const image = expand(unquoted(written), values)
    const line = from.getRange().start.line + 1
    if (image.includes("$")) {
      return Effect.fail(
        failure(
          "E_DOCKERFILE",
          `\`${path}\` line ${line}: \`FROM ${written}\` has a form of variable that is not known`,
          {
            hints: [`Write it as \`\${NAME}\`, \`\${NAME:-word}\` or \`\${NAME:+word}\``],
            details: { dockerfile: path, line },
          },
        ),
      )
    }
    if (image === "") {
      return Effect.fail(
        failure("E_DOCKERFILE", `\`${path}\` line ${line}: \`FROM ${written}\` names no image`, {
          hints: ["Name an image, or give the argument it uses a default before the first FROM"],
          details: { dockerfile: path, line },
        }),
      )
    }
    if (!stages.has(image.toLowerCase())) images.push(image)
    const stage = from.getBuildStage()
    if (stage !== null) stages.add(stage.toLowerCase())
  }
  const copied = copiedFrom(dockerfile).filter((image) => !stages.has(image.toLowerCase()))
  return Effect.succeed([...new Set([...images, ...copied])])
}
