/** An index password and a git token that a build used are nowhere afterwards: the test looks for the bytes. */
import { describe, expect } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type BuildEvent, Builder } from "@relaunch/build"
import { Engine } from "@relaunch/engine"
import { cacheFolder } from "@relaunch/local-engine"
import { liveEffect, temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { askEngine, collected, columns, requestOf, services } from "../src/index.ts"

const rig = await testRig()

const freshSecrets = () => ({
  index_password: `index-${crypto.randomUUID()}`,
  git_token: `git-${crypto.randomUUID()}`,
})
type Secrets = ReturnType<typeof freshSecrets>

/** As they are, and as they stand in `Authorization: Basic` of user `me`. */
const needlesOf = (secrets: Secrets): ReadonlyArray<Buffer> =>
  Object.values(secrets).flatMap((value) => [
    Buffer.from(value),
    Buffer.from(btoa(value)),
    Buffer.from(btoa(`me:${value}`)),
  ])

/** What a build does with them: a login in an index URL, one for git, and a program that reads both. */
const dockerfile = (word: string, last: string) => `FROM python:3.13-slim
WORKDIR /out
RUN --mount=type=secret,id=index_password,required=true --mount=type=secret,id=git_token,required=true \\
    export PIP_INDEX_URL="https://me:$(cat /run/secrets/index_password)@index.invalid/simple" && \\
    git -c "http.extraHeader=Authorization: Basic $(printf 'me:%s' "$(cat /run/secrets/git_token)" | base64 -w0)" --version && \\
    python -m pip config list > /dev/null && \\
    cat /run/secrets/index_password /run/secrets/git_token | wc -c > length && echo used ${word} && ${last}
COPY . /context
`

const lengthOf = (secrets: Secrets): number => Object.values(secrets).join("").length

const found = (bytes: Uint8Array, needles: ReadonlyArray<Buffer>): boolean =>
  needles.some((needle) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(needle),
  )

/** Streamed: with the base image's layers it is some hundred megabytes. */
const streamHas = (answer: Response, needles: ReadonlyArray<Buffer>): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    const overlap = Math.max(...needles.map(({ length }) => length))
    let rest = new Uint8Array()
    let size = 0
    for await (const chunk of answer.body ?? []) {
      const piece = Buffer.concat([rest, chunk])
      if (found(piece, needles)) return true
      rest = piece.subarray(-overlap)
      size += chunk.length
    }
    // An empty answer has no secrets either, and proves nothing.
    expect(size).toBeGreaterThan(1 << 20)
    return false
  })

/** The builders' own databases: cache keys, history, metadata of layers. */
const databases = {
  docker: ["cache", "containerdmeta", "metadata_v2", "snapshots"].map(
    (name) => `docker/buildkit/${name}.db`,
  ),
  buildkit: [
    "cache.db",
    "history.db",
    ...["containerdmeta.db", "metadata_v2.db", "snapshots/metadata.db"].map(
      (name) => `runc-overlayfs/${name}`,
    ),
  ].map((path) => `buildkit/${path}`),
  podman: ["images", "layers", "containers"].map((name) => `podman/overlay-${name}/${name}.json`),
} as const

const records = (column: keyof typeof databases) =>
  databases[column].map((file) => readFileSync(join(cacheFolder(), file)))

const linesOf = (events: ReadonlyArray<BuildEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => (event._tag === "VertexLog" ? [event.line] : []))

const requested = (secrets: Secrets, text: string) =>
  Effect.flatMap(temporaryFolder({ "main.py": "print(1)\n" }), (folder) =>
    requestOf({ dockerfile: text, context: {}, arguments: {}, labels: {}, secrets }, folder),
  )

for (const column of columns) {
  describe(column, () => {
    liveEffect(
      "keeps no secret in a layer, the history, an event, a log or a record of the builder",
      () =>
        Effect.gen(function* () {
          const endpoint = yield* (yield* Engine).endpoint
          expect((yield* (yield* Builder).features).secretMounts).toBe(true)
          const secrets = freshSecrets()
          const needles = needlesOf(secrets)
          const word = crypto.randomUUID()
          const request = yield* requested(secrets, dockerfile(word, "true"))
          const events: Array<BuildEvent> = []
          yield* collected(request, events)
          expect(linesOf(events)).toContain(`used ${word}`)
          expect(found(Buffer.from(JSON.stringify(events)), needles)).toBe(false)
          expect(
            yield* streamHas(yield* askEngine(endpoint, `/images/${request.ref}/get`), needles),
          ).toBe(false)
          for (const path of [`/images/${request.ref}/json`, `/images/${request.ref}/history`]) {
            const answer = yield* askEngine(endpoint, path)
            const said = yield* Effect.promise(() => answer.bytes())
            expect(said.length).toBeGreaterThan(100)
            expect(found(said, needles)).toBe(false)
          }
          const kept = records(column)
          expect(kept.length).toBeGreaterThan(0)
          for (const record of kept) expect(found(record, needles)).toBe(false)

          // The value is in no cache key: with another one the step is not run again.
          const others = freshSecrets()
          expect(lengthOf(others)).toBe(lengthOf(secrets))
          const again: Array<BuildEvent> = []
          yield* collected(yield* requested(others, dockerfile(word, "true")), again)
          expect(linesOf(again)).not.toContain(`used ${word}`)
        }).pipe(Effect.scoped, Effect.provide(services(column, rig))),
    )

    liveEffect("says none when the step that uses them fails", () =>
      Effect.gen(function* () {
        const secrets = freshSecrets()
        const request = yield* requested(secrets, dockerfile(crypto.randomUUID(), "exit 3"))
        const events: Array<BuildEvent> = []
        const failed = yield* Effect.flip(collected(request, events))
        expect(failed.message).toEndWith(": exit code 3")
        expect(linesOf(events).length).toBeGreaterThan(0)
        const { cause, code, details, hints, message } = failed
        const told = JSON.stringify({ cause, code, details, events, hints, message })
        expect(found(Buffer.from(told), needlesOf(secrets))).toBe(false)
      }).pipe(Effect.scoped, Effect.provide(services(column, rig))),
    )
  })
}
