/**
 * How the image of a git or code job will be built: which context, which Dockerfile and why, what
 * identifies the result. Decides everything and builds nothing.
 */
import { arch } from "node:os"
import {
  type BuildContext,
  Builder,
  type BuiltImage,
  epochVariable,
  identityLabel,
  imageIdentity,
  imageTag,
} from "@relaunch/build"
import {
  asksForPlatform,
  type BaseImageOptions,
  baseImages,
  cleanPath,
  hasStages,
  type Instruction,
  inspectProject,
  type ProjectFacts,
  planImage,
  printDockerfile,
  unpinnedSources,
} from "@relaunch/dockerfile"
import { type Failure, failure, withoutLogins } from "@relaunch/failure"
import { imageNameSafe } from "@relaunch/job"
import * as Effect from "effect/Effect"
import { checkedWords, missingScript, nulInWord, scriptOf, strayScript } from "./entry-point.ts"
import type { Resolved } from "./resolved.ts"
import { sourceWarnings } from "./source-warnings.ts"
import { checkedContext, contextOf, readFrom } from "./tree.ts"
import { besideEntryPoint, type UsersDockerfile, usersDockerfile } from "./users-dockerfile.ts"

export interface DockerfilePlan {
  readonly text: string
  /** Path in the build context; null where it is none of its files, as the default Dockerfile. */
  readonly path: string | null
  /** What messages call it: its path, or what it is. */
  readonly name: string
  /** Why this Dockerfile. */
  readonly reason: string
  /** Each instruction of the default Dockerfile with its reason; empty for a user's own. */
  readonly instructions: ReadonlyArray<Instruction>
}

export interface ImagePlan {
  /** Folder of the source that is the context; empty for its root. */
  readonly contextFolder: string
  readonly context: BuildContext
  readonly dockerfile: DockerfilePlan
  readonly bases: ReadonlyArray<string>
  readonly entryPoint: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

/** The daemon is asked where it counts; without one a plan shows what BuildKit on this machine would build. */
const baseOptions = (text: string): Effect.Effect<BaseImageOptions, never, Builder> =>
  Effect.flatMap(Builder, ({ buildsUnneededStages = Effect.succeed(false), platform }) =>
    Effect.all({
      allStages: hasStages(text)
        ? Effect.orElseSucceed(buildsUnneededStages, () => false)
        : Effect.succeed(false),
      platform: asksForPlatform(text)
        ? Effect.orElseSucceed(platform, () => `linux/${arch() === "x64" ? "amd64" : arch()}`)
        : Effect.succeed(undefined),
    }),
  )

const custom = (
  chosen: UsersDockerfile,
  tree: BuildContext,
): Effect.Effect<ImagePlan, Failure, Builder> =>
  Effect.gen(function* () {
    const { entryPoint, folder, name, path, reason, text } = chosen
    const { context, hasOwnRules } = yield* contextOf(tree, folder, path)
    const bases = yield* baseImages(name, text, {}, yield* baseOptions(text))
    // A builder would apply the folder's own rules to one that it finds there.
    const inContext = !hasOwnRules && context.entries.some((entry) => entry.path === path)
    return {
      contextFolder: folder,
      context,
      dockerfile: { text, path: inContext ? (path ?? null) : null, name, reason, instructions: [] },
      bases,
      entryPoint,
      warnings: unpinnedSources(text).map(
        (source) =>
          `\`ADD ${withoutLogins(source)}\` is fetched when the image is built, and a change there builds none; pin it with \`--checksum\``,
      ),
    }
  })

/** Variables of the requirements that the build will not have. */
const missingVariables = (
  { dependencies }: ProjectFacts,
  secrets: ReadonlyArray<string>,
): ReadonlyArray<string> =>
  dependencies._tag === "Requirements"
    ? dependencies.lines.variables
        .filter((name) => !secrets.includes(name))
        .map(
          (name) =>
            `${dependencies.file} names \`\${${name}}\`, which the build does not have; pass \`--secret ${name}\``,
        )
    : []

const byDefault = (
  resolved: Resolved,
  tree: BuildContext,
  folder: string,
  secrets: ReadonlyArray<string>,
): Effect.Effect<ImagePlan, Failure, Builder> =>
  Effect.gen(function* () {
    const builder = yield* Builder
    const entryPoint = resolved.entryPoint ?? []
    yield* checkedWords(resolved.jobName, entryPoint)
    const { context } = yield* contextOf(tree, folder)
    const script = scriptOf(entryPoint)
    const paths = context.entries.map(({ path }) => path)
    if (
      script !== undefined &&
      !script.startsWith("/") &&
      !paths.includes(cleanPath(script) ?? script)
    ) {
      return yield* missingScript(script, paths)
    }
    const stray = strayScript(script, context.entries)
    if (stray !== undefined) return yield* stray
    const facts = yield* inspectProject(
      readFrom(context.entries),
      resolved.build.runtime,
      resolved.build.runtimeFrom,
    )
    const { cacheMounts, secretMounts } = yield* builder.features
    const plan = yield* planImage(facts, {
      entryPoint,
      baseImage: resolved.build.baseImage,
      baseImageFrom: resolved.build.baseImageFrom,
      cacheMounts,
      secretMounts,
      secrets,
    })
    return {
      contextFolder: folder,
      context,
      dockerfile: {
        text: printDockerfile(plan),
        path: null,
        name: "default Dockerfile",
        reason: `no \`--dockerfile\` and no \`${besideEntryPoint}\` beside the entry point`,
        instructions: plan.instructions,
      },
      bases: [plan.base],
      entryPoint,
      warnings: [...facts.warnings, ...missingVariables(facts, secrets)],
    }
  })

/**
 * For git and code jobs; undefined for image jobs, which are not built. `secrets` are names: what an
 * installation reads of them is part of the Dockerfile, their values are not.
 */
export const planJobImage = (
  resolved: Resolved,
  secrets: ReadonlyArray<string>,
): Effect.Effect<ImagePlan | undefined, Failure, Builder> =>
  Effect.gen(function* () {
    const { tree } = resolved
    const word = (resolved.entryPoint ?? []).findIndex((each) => each.includes("\0"))
    if (word >= 0) return yield* nulInWord(word)
    if (tree === undefined) return undefined
    const folder = yield* checkedContext(tree, resolved.build.buildContext)
    const chosen = yield* usersDockerfile(resolved, tree, folder)
    const plan =
      chosen === undefined
        ? yield* byDefault(resolved, tree, folder, secrets)
        : yield* custom(chosen, tree)
    const { entries } = plan.context
    const more = sourceWarnings(entries, readFrom(entries), plan.entryPoint)
    return { ...plan, warnings: [...plan.warnings, ...more] }
  })

export interface ImageIdentity {
  readonly identity: string
  /** `relaunch/<job>:<16 hex>` */
  readonly ref: string
  readonly platform: string
  readonly bases: ReadonlyArray<{ readonly image: string; readonly digest: string }>
  /** The image, when it is there already. */
  readonly present: BuiltImage | undefined
}

/** Needs the engine: it knows base images and what is built. */
export const identifyImage = (
  plan: ImagePlan,
  jobName: string,
  platform: string | undefined,
  epoch: number | undefined,
): Effect.Effect<ImageIdentity, Failure, Builder> =>
  Effect.gen(function* () {
    const builder = yield* Builder
    const own = yield* builder.platform
    const target = platform ?? own
    // What is built runs on the builder's own engine.
    if (target !== own) {
      return yield* failure(
        "E_BUILD",
        `Builder \`${builder.name}\` cannot build for \`${target}\``,
        {
          hints: [`It builds for its own platform \`${own}\` alone; leave \`--platform\` out`],
          details: { builder: builder.name, platform: target, own },
        },
      )
    }
    const bases = yield* Effect.forEach(
      plan.bases,
      (image) => Effect.map(builder.baseDigest(image), (digest) => ({ image, digest })),
      { concurrency: 4 },
    )
    const identity = imageIdentity({
      dockerfile: plan.dockerfile.text,
      contextDigest: plan.context.digest,
      bases,
      platform: target,
      // A wish for other layers is a wish for another image.
      buildArguments: epoch === undefined ? {} : { [epochVariable]: String(epoch) },
    })
    const ref = imageTag(imageNameSafe(jobName), identity)
    const present = yield* builder.find(ref, identity)
    return { identity, ref, platform: target, bases, present }
  })

/** One label, as each costs the classic builder a step. */
export const buildLabels = (identity: string): Readonly<Record<string, string>> => ({
  [identityLabel]: identity,
})
