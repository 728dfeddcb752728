/**
 * Names of jobs, artifacts and images. The rules are those of the released `wandb` package, because
 * names are how its users find what another writer stored.
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

const longest = 128

/**
 * Every character outside `[A-Za-z0-9_.-]` becomes `_`, one for one per code point; more than 128
 * characters keep the first and last 63 around `..` (`wandb.util.make_artifact_name_safe`).
 */
export const artifactNameSafe = (name: string): string => {
  const cleaned = [...name].map((char) => (/^[A-Za-z0-9_.-]$/.test(char) ? char : "_")).join("")
  return cleaned.length <= longest ? cleaned : `${cleaned.slice(0, 63)}..${cleaned.slice(-63)}`
}

/** A user's own name is never changed behind their back: it is refused with the safe form as hint. */
export const checkedName = (name: string): Effect.Effect<string, Failure> => {
  const safe = artifactNameSafe(name)
  return name !== "" && safe === name && !/^\.{1,2}$/.test(name)
    ? Effect.succeed(name)
    : Effect.fail(
        failure("E_NAME", `\`${name}\` cannot be the name of a job`, {
          hints: [
            name === ""
              ? "Give a name that is not empty"
              : `Use letters, digits, dashes, underscores and dots, at most ${longest}: \`${safe}\``,
          ],
          details: { name, suggestion: safe },
        }),
      )
}

/** `ent/Proj/job-x` becomes `ent__proj__job-x` (`wandb.util.make_docker_image_name_safe`). */
export const imageNameSafe = (name: string): string => {
  const safe = name
    .toLowerCase()
    .replace(/[^a-z0-9_\-.]+/g, "__")
    .replace(/_{3,}/g, "__")
    .replace(/^[-._]+|[-._]+$/g, "")
  return safe === "" ? "image" : safe
}

/** Characters with a meaning in references and paths, as on a W&B server; names that paths climb with. */
const reserved = /[\p{Cc}/\\#?%:]|^\s|\s$|^\.{1,2}$/u

/** A project or entity whose records could not be named afterwards is refused. `E_NAME`. */
export const checkedPlace = (
  kind: "project" | "entity",
  name: string | undefined,
): Effect.Effect<void, Failure> =>
  name === undefined || (name !== "" && !reserved.test(name) && name.length <= longest)
    ? Effect.void
    : Effect.fail(
        failure(
          "E_NAME",
          `\`${name}\` cannot be the name of ${kind === "entity" ? "an entity" : "a project"}`,
          {
            hints: [
              name === ""
                ? "Give a name that is not empty"
                : /^\.+$/.test(name)
                  ? "Give a name with a letter in it"
                  : `Leave out \`/ \\ # ? % :\` and control characters: \`${artifactNameSafe(name)}\``,
            ],
            details: { name, suggestion: artifactNameSafe(name) },
          },
        ),
      )

/** What others log may have any name that a reference can say. `E_NAME`. */
export const checkedArtifactName = (name: string): Effect.Effect<string, Failure> =>
  name !== "" && !/[\p{Cc}/:]|^\s|\s$|^\.{1,2}$/u.test(name) && [...name].length <= longest
    ? Effect.succeed(name)
    : Effect.fail(
        failure("E_NAME", `\`${name}\` cannot be the name of an artifact`, {
          hints: [
            `Leave out \`/ :\` and control characters, and use at most ${longest}: \`${artifactNameSafe(name)}\``,
          ],
          details: { name, suggestion: artifactNameSafe(name) },
        }),
      )

export interface ImageReference {
  /** Everything before the tag and digest, as typed: `localhost:5000/team/app`. */
  readonly name: string
  readonly tag: string | undefined
  /** `sha256:<64 hex>` */
  readonly digest: string | undefined
}

/** Splits `name[:tag][@digest]`; a port in the first part is not a tag. */
export const parseImageReference = (text: string): ImageReference => {
  const [beforeDigest = "", digest] = text.split("@", 2)
  const colon = beforeDigest.lastIndexOf(":")
  const tagged = colon > beforeDigest.lastIndexOf("/")
  return {
    name: tagged ? beforeDigest.slice(0, colon) : beforeDigest,
    tag: tagged ? beforeDigest.slice(colon + 1) : undefined,
    digest,
  }
}

/**
 * The released `wandb` takes what follows the last `:` as tag when it looks like one, a digest's hex
 * included; names and aliases of image jobs follow it so that both writers name a job alike.
 */
const imageNameAndAlias = (image: string): { name: string; alias: string | undefined } => {
  const colon = image.lastIndexOf(":")
  const alias = image.slice(colon + 1)
  return colon > 0 && /^[A-Za-z0-9_.-]+$/.test(alias)
    ? { name: image.slice(0, colon), alias }
    : { name: image, alias: undefined }
}

/** Alias of an image job besides `latest`: its tag. */
export const imageAlias = (image: string): string | undefined => imageNameAndAlias(image).alias

export const defaultJobName = {
  /** `job-<remote>_<path of the script>`; the path is empty for jobs made from a remote. */
  git: (remote: string, path: string) => artifactNameSafe(`job-${remote}_${path}`),
  code: (codeArtifact: string) => artifactNameSafe(`job-${codeArtifact}`),
  image: (image: string) => artifactNameSafe(`job-${imageNameAndAlias(image).name}`),
} as const
