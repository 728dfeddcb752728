/** How people and jobs point at artifacts: `entity/project/name:alias` and `wandb-artifact://...`. */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export interface ArtifactReference {
  readonly entity: string
  readonly project: string
  readonly name: string
  /** `latest`, `vN` or any other alias. */
  readonly alias: string
}

export const printReference = ({ alias, entity, name, project }: ArtifactReference): string =>
  `${entity}/${project}/${name}:${alias}`

/**
 * Reads `[[entity/]project/]name[:alias]`. What is left out comes from `defaults`, the alias is
 * `latest`. The released `wandb` demands the whole form; it is accepted here too.
 */
export const parseReference = (
  text: string,
  defaults: { readonly entity: string; readonly project: string | undefined },
): Effect.Effect<ArtifactReference, Failure> => {
  const bad = (hint: string) =>
    Effect.fail(
      failure("E_USAGE", `\`${text}\` does not name a job or artifact`, {
        hints: [hint],
        details: { reference: text },
      }),
    )
  const parts = text.split("/")
  const last = parts.pop() ?? ""
  const [name = "", alias = "latest", ...rest] = last.split(":")
  const [project = defaults.project, entity = defaults.entity, ...more] = parts.reverse()
  if (more.length > 0 || rest.length > 0 || name === "" || alias === "") {
    return bad(
      "Write it as `entity/project/name:alias`, for example `local/hello/hello-world:latest`",
    )
  }
  if (project === undefined || project === "") {
    return bad(`Name the project too: \`<project>/${name}:${alias}\`, or pass \`--project\``)
  }
  return Effect.succeed({ entity: entity === "" ? defaults.entity : entity, project, name, alias })
}

export type CodeArtifactReference =
  | { readonly _tag: "Id"; readonly id: string }
  | ({ readonly _tag: "Name" } & ArtifactReference)

export const artifactUri = (id: string): string => `wandb-artifact://_id/${id}`

/**
 * The `source.artifact` of a code job in its three written forms (`wandb.util.parse_artifact_string`):
 * `wandb-artifact://_id/<base64>`, `wandb-artifact://<entity>/<project>/<name>:<alias>` and the same
 * after `<scheme>://<host>/`. Undefined when it is none of them.
 */
export const parseArtifactUri = (uri: string): CodeArtifactReference | undefined => {
  const path = /^wandb-artifact:\/\/(.+)$/.exec(uri)?.[1]
  if (path === undefined) return undefined
  if (path.startsWith("_id/")) return { _tag: "Id", id: path.slice("_id/".length) }
  const local = path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]+\//, "")
  const match = /^([^/]+)\/([^/]+)\/([^/:]+):([^/:]+)$/.exec(local)
  if (match === null) return undefined
  const [, entity = "", project = "", name = "", alias = ""] = match
  return { _tag: "Name", entity, project, name, alias }
}
