/** A process of its own that writes to a store until it is done, or for ever. Arguments: home, what, name. */

import * as Effect from "effect/Effect"
import { Store, storeLayer } from "../src/index.ts"

const [home = "", what = "", name = ""] = process.argv.slice(2)
const place = { entity: "local", project: "p" }
const bytes = (text: string) => ({ bytes: new TextEncoder().encode(text) })

const log = (collection: string, files: ReadonlyArray<readonly [string, string]>) =>
  Effect.flatMap(Store, ({ artifacts }) =>
    artifacts.log({
      ...place,
      type: "job",
      name: collection,
      files: files.map(([path, text]) => ({ path, content: bytes(text) })),
      aliases: [],
      description: null,
      metadata: null,
      createdByRun: null,
    }),
  )

/** Twenty versions of one shared collection, and as many lines of one shared run. */
const many = Effect.forEach(
  Array.from({ length: 20 }, (_, index) => index),
  (index) =>
    Effect.gen(function* () {
      const { sdk } = yield* Store
      yield* log("shared", [["file", `${name} ${index}`]])
      yield* sdk.runs.post(
        { ...place, id: "run" },
        {
          files: [{ file: `${name}.log`, offset: index, lines: [`line ${index}`] }],
          complete: false,
          exitCode: null,
          preempting: false,
        },
      )
    }),
)

/** Logs the same content again and again, and removes it in between. */
const churn = Effect.forEach(
  Array.from({ length: 30 }, (_, index) => index),
  (index) =>
    Effect.gen(function* () {
      const { artifacts } = yield* Store
      const { artifact } = yield* log(`${name}-${index}`, [
        ["same", "what everybody logs"],
        ["own", `${name} ${index}`],
      ])
      if (index % 2 === 0) yield* artifacts.remove([artifact.id])
    }),
)

/** Says a line after its first version, then goes on until it is killed. */
const forever = Effect.gen(function* () {
  for (let index = 0; ; index += 1) {
    const big = String(index).repeat(200_000)
    yield* log(`${name}-${index}`, [
      ["a", big],
      ["b", `${name} ${index}`],
    ])
    if (index === 0) process.stdout.write("ready\n")
  }
})

/** Says the user's key and the secret of the store. */
const key = Effect.gen(function* () {
  const { keys, sdk } = yield* Store
  process.stdout.write(`${yield* keys.own("local")} ${yield* sdk.secret}\n`)
})

const programs = { many, churn, forever, key }
const program = programs[what as keyof typeof programs]
await Effect.runPromise(Effect.provide(program, storeLayer({ home })))
