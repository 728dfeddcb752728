/** Which Dockerfile of the user's own an image is built with, where there is one. */
import type { BuildContext } from "@relaunch/build"
import { cleanPath } from "@relaunch/dockerfile"
import { type Failure, failure } from "@relaunch/failure"
import { dockerfileFile } from "@relaunch/job"
import * as Effect from "effect/Effect"
import { fromInside, scriptOf } from "./entry-point.ts"
import type { Resolved } from "./resolved.ts"
import { readFrom } from "./tree.ts"

export const besideEntryPoint = "Dockerfile.wandb"

const missingDockerfile = (wish: string, folder: string, tree: BuildContext): Failure => {
  const there = tree.entries
    .filter(({ kind, path }) => kind === "file" && /(?:^|[./])dockerfile(?:$|\.)/i.test(path))
    .map(({ path }) => path)
  const looked = folder === "" ? wish : `${folder}/${wish}`
  if (cleanPath(wish) === undefined) {
    return failure(
      "E_DOCKERFILE_NOT_FOUND",
      `Dockerfile \`${wish}\` is outside the build context`,
      {
        hints: ["It must lie in the build context; give its path relative to that"],
        details: { dockerfile: wish, buildContext: folder },
      },
    )
  }
  return failure("E_DOCKERFILE_NOT_FOUND", `There is no Dockerfile \`${looked}\` in the source`, {
    hints: [
      "The path is relative to the build context",
      ...(there.length === 0
        ? []
        : [
            `The source has ${there
              .slice(0, 5)
              .map((path) => `\`${path}\``)
              .join(", ")}`,
          ]),
    ],
    details: { dockerfile: wish, buildContext: folder, found: there.slice(0, 20) },
  })
}

export interface UsersDockerfile {
  /** Folder of the source that is the build context; empty for its root. */
  readonly folder: string
  /** Relative to that folder; undefined where it is none of its files. */
  readonly path: string | undefined
  /** What messages call it. */
  readonly name: string
  readonly text: string
  /** Why this one. */
  readonly reason: string
  readonly entryPoint: ReadonlyArray<string>
}

/** A Dockerfile of the user's: given or asked for, or beside the entry point. */
export const usersDockerfile = (
  resolved: Resolved,
  tree: BuildContext,
  folder: string,
): Effect.Effect<UsersDockerfile | undefined, Failure> =>
  Effect.suspend((): Effect.Effect<UsersDockerfile | undefined, Failure> => {
    const { read } = readFrom(tree.entries)
    const entryPoint = resolved.entryPoint ?? []
    const at = (inside: string, path: string) => read(inside === "" ? path : `${inside}/${path}`)
    const { dockerfile: wish, dockerfileText: given } = resolved.build
    if (given !== undefined) {
      const name = dockerfileFile
      return Effect.succeed({ ...given, folder, path: undefined, name, entryPoint })
    }
    if (wish !== undefined) {
      const path = cleanPath(wish)
      const text = path === undefined ? undefined : at(folder, path)
      return path === undefined || text === undefined
        ? Effect.fail(missingDockerfile(wish, folder, tree))
        : Effect.succeed({
            folder,
            path,
            name: path,
            text,
            entryPoint,
            reason: resolved.build.dockerfileFrom ?? "asked for by --dockerfile",
          })
    }
    const script = scriptOf(entryPoint)
    if (script === undefined || resolved.build.baseImage !== undefined)
      return Effect.succeed(undefined)
    const beside = script.includes("/") ? script.slice(0, script.lastIndexOf("/")) : ""
    const path = beside === "" ? besideEntryPoint : `${beside}/${besideEntryPoint}`
    const text = at(folder, path)
    if (text === undefined) return Effect.succeed(undefined)
    const reason = `\`${besideEntryPoint}\` is beside the entry point`
    // Such a Dockerfile is written for its own directory, unless the user named another context.
    return Effect.succeed(
      beside === "" || resolved.build.buildContext !== undefined
        ? { folder, path, name: path, text, entryPoint, reason }
        : {
            folder: beside,
            path: besideEntryPoint,
            name: besideEntryPoint,
            text,
            entryPoint: fromInside(entryPoint, beside),
            reason: `${reason}, which is then the build context`,
          },
    )
  })
