/** A job that somebody else made, in a store: any text for its definition. */
import { join } from "node:path"
import { Store, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"

type Fields = Readonly<Record<string, unknown>>

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** The job `demo/x` with a definition of any text, and the code `demo/code-x`. */
export const stored =
  (definition: string, metadata: Fields | null = null, codeMetadata: Fields | null = null) =>
  ({ home }: { readonly home: string }) =>
    Effect.gen(function* () {
      const { artifacts } = yield* Store
      const place = {
        entity: "local",
        project: "demo",
        description: null,
        createdByRun: null,
        aliases: [],
      }
      const files = [{ path: "main.py", content: { bytes: bytesOf("print(1)\n") } }]
      yield* artifacts.log({
        ...place,
        type: "code",
        name: "code-x",
        files,
        metadata: codeMetadata,
      })
      const job = [{ path: "wandb-job.json", content: { bytes: bytesOf(definition) } }]
      yield* artifacts.log({ ...place, type: "job", name: "x", files: job, metadata })
      return {}
    }).pipe(Effect.provide(storeLayer({ home: join(home, "relaunch") })))

export const job = (source_type: string, source: unknown, more: Fields = {}) =>
  JSON.stringify({
    _version: "v0",
    source_type,
    source,
    input_types: {},
    output_types: {},
    ...more,
  })

export const ofCode = (more: Fields = {}, fields: Fields = {}) =>
  job(
    "artifact",
    {
      artifact: "wandb-artifact://local/demo/code-x:latest",
      entrypoint: ["python", "main.py"],
      ...more,
    },
    fields,
  )

/** Input types: `lr` is a number, `tags` are texts. */
export const numbers = {
  wb_type: "typedDict",
  params: {
    type_map: {
      lr: { wb_type: "number" },
      tags: { wb_type: "list", params: { element_type: { wb_type: "string" }, length: 1 } },
    },
  },
}
