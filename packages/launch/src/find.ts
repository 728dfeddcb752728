/** Finds what a person names, or says what they may have meant. */
import { byNearness, type Failure, failure } from "@relaunch/failure"
import { type ArtifactReference, printReference } from "@relaunch/job"
import { type Artifact, type Run, Store, unwritable } from "@relaunch/store"
import * as Effect from "effect/Effect"

const nearest = (wanted: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  byNearness(wanted, names).slice(0, 3)

/** `E_JOB_NOT_FOUND` or `E_ARTIFACT_NOT_FOUND`, with the nearest that exist. */
export const requireArtifact = (
  reference: ArtifactReference,
  type: string | undefined,
): Effect.Effect<Artifact, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const found = yield* store.artifacts.find({
      ...reference,
      ...(type === undefined ? {} : { type }),
    })
    if (found !== undefined && (type === undefined || found.type === type)) return found
    const { entity, name, project } = reference
    const others = yield* store.artifacts.list({
      entity,
      project,
      ...(type === undefined ? {} : { type }),
    })
    const versions = others.filter((artifact) => artifact.name === name)
    const what = type === "job" ? "job" : "artifact"
    const hint =
      versions.length > 0
        ? `Its versions are ${versions
            .slice(0, 5)
            .map(({ aliases, version }) => [`v${version}`, ...aliases].join(", "))
            .join("; ")}`
        : others.length > 0
          ? `In \`${entity}/${project}\` there are ${nearest(
              name,
              others.map((artifact) => artifact.name),
            )
              .map((each) => `\`${each}\``)
              .join(", ")}`
          : `\`${entity}/${project}\` holds none${
              type === undefined || type === "job" ? "" : ` of type \`${type}\``
            }; see \`relaunch ${what} list\``
    return yield* failure(
      type === "job" ? "E_JOB_NOT_FOUND" : "E_ARTIFACT_NOT_FOUND",
      `There is no ${what} \`${printReference(reference)}\``,
      { hints: [hint], details: { reference: printReference(reference) } },
    )
  })

/** A run by id, `entity/project/id` or unique name. `E_RUN_NOT_FOUND`; `E_USAGE` when several fit. */
export const requireRun = (text: string): Effect.Effect<Run, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const [found, ...more] = yield* store.runs.lookUp(text)
    if (found === undefined) {
      const runs = yield* store.runs.list({ limit: 50 })
      const near = nearest(
        text,
        runs.map(({ id }) => id),
      )
      return yield* failure("E_RUN_NOT_FOUND", `There is no run \`${text}\``, {
        hints: [
          near.length === 0
            ? "Nothing has run yet; see `relaunch --help`"
            : `List them with \`relaunch run list\`; the nearest are ${near.map((id) => `\`${id}\``).join(", ")}`,
        ],
        details: { run: text },
      })
    }
    if (more.length > 0) {
      return yield* failure("E_USAGE", `\`${text}\` names ${more.length + 1} runs`, {
        hints: [
          `Give one of ${[found, ...more]
            .slice(0, 5)
            .map((run) => `\`${run.entity}/${run.project}/${run.id}\``)
            .join(", ")}`,
        ],
        details: { run: text },
      })
    }
    return found
  })

/** For what will write, before any of its work: `E_STORE` where the store may only be read. */
export const requireWritable: Effect.Effect<void, Failure, Store> = Effect.flatMap(
  Store,
  ({ home, isReadOnly }) => (isReadOnly ? unwritable(home) : Effect.void),
)
