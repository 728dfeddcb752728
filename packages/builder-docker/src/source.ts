/** Where in the Dockerfile a fault is, for engines that do not say. */
import type { DockerfileLines } from "@relaunch/build"
import { stepSource } from "@relaunch/builder-buildkit"

export interface SentDockerfile {
  readonly file: string
  readonly text: string
}

/** Podman's builder gives the line that it did not understand; the step is then the one before. */
const original = /, Original:"((?:[^"\\]|\\.)*)"/

export const sourceOf = (
  dockerfile: SentDockerfile | undefined,
  step: string | undefined,
  message: string,
): DockerfileLines | undefined => {
  if (dockerfile === undefined) return undefined
  const { file, text } = dockerfile
  const line = Number(/parse error (?:on )?line (\d+)/i.exec(message)?.[1] ?? 0)
  if (line > 0) {
    const written = text.split(/\r?\n/)[line - 1] ?? ""
    return { file, firstLine: line, lastLine: line, lines: [written] }
  }
  const quoted = original.exec(message)?.[1]
  const named = quoted === undefined ? step : `[1/1] ${JSON.parse(`"${quoted}"`)}`
  return named === undefined ? undefined : stepSource(file, text, named)
}
