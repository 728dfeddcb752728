/** Turns the end of a failed build's log into the one line a person needs. */
import { type Failure, failure } from "@relaunch/failure"
import { instructionIn, isSyntaxFault, ownWords, reasonFor, withoutLine } from "./reason.ts"

/** Lines of a Dockerfile, counted from 1. */
export interface DockerfileLines {
  readonly file: string
  readonly firstLine: number
  readonly lastLine: number
  readonly lines: ReadonlyArray<string>
}

export interface FailedStep {
  /** The instruction as the builder names it. */
  readonly step: string
  /** What the builder itself said. */
  readonly message: string
  /** Last lines of the step's output. */
  readonly log: ReadonlyArray<string>
  /** Where the instruction stands, when that is known. */
  readonly source?: DockerfileLines | undefined
}

/**
 * Sentences of pip and uv that name the requirement they could not install, over text on one line: uv
 * breaks its sentences. The first form that fits counts.
 */
const missingRequirement: ReadonlyArray<RegExp> = [
  // There is no version at all: it is the name that matters, which uv then says alone.
  /Could not find a version that satisfies the requirement ([\w.-]+)\S*(?: \(from [^()]*(?:\([^()]*\))?\))? \(from versions: none\)/,
  /No matching distribution found for (\S+)/,
  /Could not find a version that satisfies the requirement (\S+)/,
  /Because (?:only )?(\S+) was not found in the package registry/,
  /Because (?:there (?:is|are) no versions? of )?(\S+)(?: has no wheels)? (?:with a matching|and you require)/,
  /Because you require (\S+(?: and \S+)*), we can conclude/,
  /Cannot install (.+?) because these package versions have conflicting/,
  /DO NOT MATCH THE HASHES .*?\. (\S+)(?: @ \S+)? from /,
  /requirements must have their versions pinned with ==\. These do not: (\S+)/,
  /Failed to (?:build|download and build|download|fetch):? [`']([^\s`']+)[^`']*[`']/,
  /Failed building wheel for (\S+)/,
  /Invalid requirement: '([^']+)'/,
  /Couldn't parse requirement in .*? (\S+) \^+/,
  /Could not open requirements file: .*?'([^']+)'/,
  /error: File not found: (\S+)/,
  /Request failed after .*? for url \(\S+\/([^/\s]+)\/\)/,
]

/** Where no sentence names it: what the installer had begun last. */
const begun = /(?:^|\n)\s*(?:Collecting|Processing|Updating) (\S+)/g
const isInstallerFault =
  /subprocess-exited-with-error|metadata-generation-failed|connection-failed|Git operation failed/

const installs = /\b(?:pip3?|uv)\b.*\b(?:install|sync)\b/s

/** Lines of a step's output that a backend keeps, to be looked through when it fails. */
export const searchedLogLines = 200
/** Lines of it that are shown. */
export const keptLogLines = 20

const dependencyIn = (log: ReadonlyArray<string>): string | undefined => {
  const text = log.join("\n")
  const flat = text.replace(/\s+/g, " ")
  const named = missingRequirement.map((form) => form.exec(flat)?.[1]).find((name) => name)
  if (named !== undefined) return named
  return isInstallerFault.test(text) ? [...text.matchAll(begun)].at(-1)?.[1] : undefined
}

/** The operating system's words, in those of the builder or of a program in the step. */
const isFullDisk = /no space left on device|disk quota exceeded/i

/** Of a runtime that may not set what podman asks for, as inside a container. */
const isRefusedLimit = /error setting rlimits?\b/i

/** Of a layer that broke off on its way, or came as other bytes than its digest says. */
const isBrokenLayer =
  /failed to read expected number of bytes|layer verification failed|unexpected commit digest|failed size validation|unable to discard to offset/i

export const buildFailure = ({ log, message, source, step }: FailedStep): Failure => {
  const details = {
    step,
    message,
    log: log.slice(-keptLogLines),
    ...(source === undefined ? {} : { source }),
  }
  const fullDisk = [ownWords(message), ...log.slice(-keptLogLines)]
    .map((line) => isFullDisk.exec(line)?.[0].toLowerCase())
    .find((words) => words !== undefined)
  const isInstall = fullDisk === undefined && installs.test(step.replace(/["',]/g, " "))
  const found = isInstall ? dependencyIn(log) : undefined
  if (found !== undefined) {
    return failure("E_DEPENDENCY", `Dependency \`${found}\` cannot be installed`, {
      hints: [
        `Check the spelling and version of \`${found}\` in the project's dependencies, and that it exists for this Python`,
      ],
      details: { ...details, dependency: found },
    })
  }
  const reason = reasonFor(message)
  if (isSyntaxFault(message)) {
    const line = source === undefined ? "" : `line ${source.firstLine}: `
    const said = source === undefined ? reason : withoutLine(reason)
    return failure("E_DOCKERFILE", `The Dockerfile is not valid: ${line}${said}`, {
      hints: ["Mend the line it names"],
      details,
    })
  }
  const written = source === undefined ? "" : instructionIn(source.lines)
  // Without its number: builders count differently.
  const named = written || step.replace(/^\[[^\]]*\d+\/\d+\] /, "").replace(/\s+/g, " ")
  if (fullDisk !== undefined) {
    return failure("E_BUILD", `The build failed at \`${named}\`: ${fullDisk}`, {
      hints: [
        "The builder's disk is full: free some with `relaunch builder prune` or `relaunch clean`, or give it a larger one",
      ],
      details,
    })
  }
  if (isBrokenLayer.test(ownWords(message))) {
    return failure("E_NETWORK", `A base image did not arrive whole from its registry: ${reason}`, {
      hints: ["Try again in a moment; where it stays so, the image must be pushed again"],
      details,
    })
  }
  return failure("E_BUILD", `The build failed at \`${named}\`: ${reason}`, {
    hints: [
      [message, ...log].some((line) => isRefusedLimit.test(line))
        ? "Podman may not raise the limits of programs here: set `default_ulimits = []` under `[containers]` in its containers.conf"
        : "See what the step printed, above and in the build's log",
    ],
    details,
  })
}

/** A file of the context is no longer what the image's tag was made from. */
export const changedSource = (path: string): Failure =>
  failure("E_SOURCE_UNREADABLE", `\`${path}\` changed while it was being sent to the builder`, {
    hints: ["Start again when nothing writes to the source"],
    details: { path },
  })
