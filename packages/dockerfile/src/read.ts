/** Reads a user's own Dockerfile as far as a build plan needs it: the images it starts from. */
import { type Failure, failure } from "@relaunch/failure"
import { type Dockerfile, DockerfileParser, type From, type Instruction } from "dockerfile-ast"
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

/** Whether there may be stages that are not needed. */
export const hasStages = (text: string): boolean => (text.match(/^\s*FROM\b/gim) ?? []).length > 1

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

/** Stages and images that files are copied or mounted from. */
const copiedFrom = (instructions: ReadonlyArray<Instruction>): ReadonlyArray<string> =>
  instructions
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
    .filter((image) => !image.includes("$"))

interface Stage {
  /** In lower case. */
  readonly name: string | undefined
  /** An image, an earlier stage or `scratch`. */
  readonly from: string
  /** Stages, by name or number, and images. */
  readonly copies: ReadonlyArray<string>
}

const indexOfStage = (stages: ReadonlyArray<Stage>, word: string): number =>
  stages.findLastIndex(({ name }) => name === word.toLowerCase())

const imagesOf = (stages: ReadonlyArray<Stage>, allStages: boolean): ReadonlyArray<string> => {
  const images: Array<string> = []
  const copied: Array<string> = []
  const needed = new Set(allStages ? stages.keys() : [stages.length - 1])
  const need = (stage: number, word: string, into: Array<string>) => {
    if (stage >= 0) needed.add(stage)
    else if (word !== "scratch") into.push(word)
  }
  // A stage needs earlier ones alone: each is known to be needed, or not, when it is its turn.
  for (const [at, { copies, from }] of [...stages.entries()].reverse()) {
    if (!needed.has(at)) continue
    const earlier = stages.slice(0, at)
    for (const word of [...copies].reverse()) {
      need(/^\d+$/.test(word) ? Number(word) : indexOfStage(earlier, word), word, copied)
    }
    need(indexOfStage(earlier, from), from, images)
  }
  return [...new Set([...images.reverse(), ...copied.reverse()])]
}

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

export interface BaseImageOptions {
  /** That the image is built on and for; what depends on it is empty without. */
  readonly platform?: string | undefined
  /** Stages that the last one does not need count too; false by default. */
  readonly allStages?: boolean
}

/**
 * Images of the `FROM` lines that the last stage needs and that are not an earlier stage or `scratch`, then those of
 * `--from` flags, in order, without repeats. `E_DOCKERFILE` when there is no `FROM`, one without an image, or a copy from a
 * stage that is not there.
 */
export const baseImages = (
  path: string,
  text: string,
  buildArguments: Readonly<Record<string, string>>,
  { allStages = false, platform }: BaseImageOptions = {},
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
  const stages: Array<Stage> = []
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
  const instructions = dockerfile.getInstructions()
  for (const [at, from] of froms.entries()) {
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
    const end = froms[at + 1]?.getRange().start.line ?? Number.POSITIVE_INFINITY
    const own = instructions.filter((instruction) => {
      const start = instruction.getRange().start.line + 1
      return start > line && start <= end
    })
    const name = from.getBuildStage()?.toLowerCase()
    stages.push({ name, from: image, copies: copiedFrom(own) })
  }
  return Effect.succeed(imagesOf(stages, allStages))
}
