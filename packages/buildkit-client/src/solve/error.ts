/** Why a build failed, put together from the daemon's status, its error details and the steps' output. */
import * as Data from "effect/Data"
import type { RpcDetail, RpcError } from "../grpc/status.ts"
import { instructionAt } from "./dockerfile-lines.ts"
import type { SourceLines } from "./event.ts"
import { instructionNamed } from "./named-instruction.ts"

/** The build did not succeed: a step failed, the Dockerfile is wrong, a base image is not there. */
export class BuildError extends Data.TaggedError("BuildError")<{
  /** The daemon's own words. */
  readonly reason: string
  /** The step that failed, when one did. */
  readonly vertex?: { readonly id: string; readonly name: string }
  /** Where in the Dockerfile. */
  readonly source?: SourceLines
  /** Of the command that failed. */
  readonly exitCode?: number
  /** What the build may not do: because the daemon allows it to none, or because the request does not name it. */
  readonly refused?: { readonly entitlement: string; readonly by: "daemon" | "request" }
  /** The last lines of the failing step's output, at most 20. */
  readonly log: ReadonlyArray<string>
}> {
  override get message(): string {
    if (this.refused !== undefined) {
      const { by, entitlement } = this.refused
      return by === "daemon"
        ? `Build failed: ${entitlement} is not allowed by the daemon's configuration (\`buildkitd --allow-insecure-entitlement ${entitlement}\`)`
        : `Build failed: ${entitlement} is not allowed, as the request's \`entitlements\` do not name it`
    }
    const place =
      this.source === undefined ? "" : ` (${this.source.file}, line ${this.source.firstLine})`
    if (this.vertex !== undefined && this.exitCode !== undefined) {
      // A variable in it may have several lines.
      const name = this.vertex.name.replace(/\s*\n\s*/g, " ")
      return `\`${name}\` failed with exit code ${this.exitCode}${place}`
    }
    return `Build failed: ${this.reason.split("\n")[0]}${place}`
  }
}

/** Of a command that failed: its words are not the daemon's. */
const command = /process ".*" did not complete successfully: |executor failed running \[.*\]: /s

const ownWords = (reason: string): string => reason.replace(command, "")

/** moby/buildkit `util/entitlements`; the first words are those of the daemon's configuration. */
const refusal =
  /(granting entitlement )?\b(network\.host|security\.insecure|device\S*) is not allowed/

const refusedBy = (reason: string): Pick<BuildError, "refused"> => {
  const [, granting, entitlement] = refusal.exec(ownWords(reason)) ?? []
  return entitlement === undefined
    ? {}
    : { refused: { entitlement, by: granting === undefined ? "request" : "daemon" } }
}

interface Position {
  readonly line?: number
}

/** JSON of `errdefs.Source`, with lines from 1. */
interface SourceDetail {
  readonly info?: { readonly filename?: string; readonly data?: string }
  readonly ranges?: ReadonlyArray<{ readonly start?: Position; readonly end?: Position }>
}

const detail = <A>(details: ReadonlyArray<RpcDetail>, name: string): A | undefined => {
  const found = details.find(({ type }) => type.endsWith(`/${name}+json`))?.value
  // What the daemon wrote: each field is looked at before it is used.
  return typeof found === "object" && found !== null ? (found as A) : undefined
}

export const sourceLines = (
  file: string,
  dockerfile: string,
  first: number,
  last: number,
): SourceLines => {
  // Older daemons give only the first line of an instruction that goes on.
  const lastLine = Math.max(last, instructionAt(dockerfile, first)?.lastLine ?? last)
  const lines = dockerfile === "" ? [] : dockerfile.split(/\r?\n/).slice(first - 1, lastLine)
  return { file, firstLine: first, lastLine, lines }
}

/** Lines of the instruction that a step of this name runs; undefined where several could be meant. */
export const stepSource = (
  file: string,
  dockerfile: string,
  step: string,
): SourceLines | undefined => {
  const named = instructionNamed(dockerfile, step)
  return named === undefined
    ? undefined
    : sourceLines(file, dockerfile, named.firstLine, named.lastLine)
}

const statedSource = (details: ReadonlyArray<RpcDetail>): SourceLines | undefined => {
  const stated = detail<SourceDetail>(details, "errdefs.Source")
  const range = stated?.ranges?.[0]
  const first = range?.start?.line
  if (stated?.info === undefined || typeof first !== "number" || first < 1) return undefined
  const text = Buffer.from(String(stated.info.data ?? ""), "base64").toString()
  const last = range?.end?.line ?? first
  return sourceLines(stated.info.filename ?? "Dockerfile", text, first, Math.max(first, last))
}

/** `Dockerfile:3`, `dockerfile parse error line 3:`, `dockerfile parse error on line 3:` */
const mentionedLine = (reason: string): number | undefined => {
  const found = /parse error (?:on )?line (\d+)/i.exec(ownWords(reason))?.[1]
  return found === undefined ? undefined : Number(found)
}

const exitCodeOf = (error: RpcError): number | undefined => {
  const stated = detail<{ readonly Code?: number }>(error.details, "gatewayapi.ExitMessage")?.Code
  if (typeof stated === "number") return stated
  const said = /exit code: (\d+)/.exec(ownWords(error.reason))?.[1]
  return said === undefined ? undefined : Number(said)
}

/** What the status stream told of a step. */
export interface SeenVertex {
  readonly id: string
  readonly name: string
  readonly error: string
  readonly log: ReadonlyArray<string>
}

export interface FailureEvidence {
  readonly vertex: (id: string) => SeenVertex | undefined
  /** Steps that ended with an error, in order. */
  readonly failed: () => ReadonlyArray<SeenVertex>
  /** The Dockerfile as it was sent. */
  readonly dockerfile: { readonly name: string; readonly text: string } | undefined
}

/** The step whose error is the build's: others may only have been stopped because of it. */
const guilty = (error: RpcError, evidence: FailureEvidence): SeenVertex | undefined => {
  const stated = detail<{ readonly digest?: string }>(error.details, "errdefs.Vertex")?.digest
  if (stated !== undefined) return evidence.vertex(stated)
  const failed = evidence.failed()
  return (
    failed.find((vertex) => error.reason.includes(vertex.error)) ??
    failed.find((vertex) => !/context canceled/i.test(vertex.error))
  )
}

export const buildError = (error: RpcError, evidence: FailureEvidence): BuildError => {
  const vertex = guilty(error, evidence)
  const exitCode = exitCodeOf(error)
  const { dockerfile } = evidence
  const line = mentionedLine(error.reason)
  const named =
    vertex === undefined || dockerfile === undefined
      ? undefined
      : instructionNamed(dockerfile.text, vertex.name)
  const source =
    statedSource(error.details) ??
    (dockerfile === undefined
      ? undefined
      : named !== undefined
        ? sourceLines(dockerfile.name, dockerfile.text, named.firstLine, named.lastLine)
        : line === undefined
          ? undefined
          : sourceLines(dockerfile.name, dockerfile.text, line, line))
  return new BuildError({
    reason: error.reason,
    log: vertex?.log ?? [],
    ...(vertex === undefined ? {} : { vertex: { id: vertex.id, name: vertex.name } }),
    ...(source === undefined ? {} : { source }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...refusedBy(error.reason),
  })
}
