/** The files of a job artifact, and the digest they give. */
import { type JobDefinition, printDefinition } from "./definition.ts"
import { contentDigest, manifestDigest } from "./manifest.ts"

export const definitionFile = "wandb-job.json"
export const frozenRequirementsFile = "requirements.frozen.txt"
export const patchFile = "diff.patch"
/** Of our own: released versions of `wandb` do not know it, and build with a Dockerfile of the source. */
export const dockerfileFile = "Dockerfile"

export interface JobFile {
  readonly path: string
  readonly text: string
}

export interface JobParts {
  readonly definition: JobDefinition
  /** Lines of the project's requirements for code jobs, empty for git and image jobs. */
  readonly frozenRequirements: string
  /** Uncommitted changes of a git job. */
  readonly patch?: string | undefined
  /** Text of a Dockerfile that is no file of the source. */
  readonly dockerfile?: string | undefined
}

export const jobFiles = ({
  definition,
  dockerfile,
  frozenRequirements,
  patch,
}: JobParts): ReadonlyArray<JobFile> => [
  { path: definitionFile, text: printDefinition(definition) },
  { path: frozenRequirementsFile, text: frozenRequirements },
  ...(patch === undefined ? [] : [{ path: patchFile, text: patch }]),
  ...(dockerfile === undefined ? [] : [{ path: dockerfileFile, text: dockerfile }]),
]

/** Hex md5 that the job artifact will have. */
export const jobDigest = (parts: JobParts): string =>
  manifestDigest(jobFiles(parts).map(({ path, text }) => ({ path, digest: contentDigest(text) })))

/** Where Python's `str.splitlines` ends a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that Python knows
const lineEnd = /\r\n|[\n\v\f\r\u001c-\u001e\u0085\u2028\u2029]/u

/** `job create code` keeps the lines of requirements.txt joined by newlines, without a last one. */
export const frozenFrom = (requirements: string): string =>
  requirements
    .split(lineEnd)
    .filter((line, index, lines) => index < lines.length - 1 || line !== "")
    .join("\n")
