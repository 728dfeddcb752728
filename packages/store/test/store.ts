/** A new store, as the tests of this package use it. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as TestContext from "effect/TestContext"
import { type NewArtifact, Store, storeLayer } from "../src/index.ts"
import { temporaryFolder } from "./temporary.ts"

export const place = { entity: "local", project: "hello" }
export const text = (value: string) => ({ bytes: new TextEncoder().encode(value) })
/** A folder that is not there yet. */
export const folder = () => join(temporaryFolder(), "home")

export const artifact = (over: Partial<NewArtifact> = {}): NewArtifact => ({
  ...place,
  type: "job",
  name: "train",
  files: [{ path: "wandb-job.json", content: text("{}") }],
  aliases: [],
  description: null,
  metadata: null,
  createdByRun: null,
  ...over,
})

/** With a clock that stands still until it is moved. */
export const inStore = <A, E>(
  body: (store: Store["Type"]) => Effect.Effect<A, E>,
  home = folder(),
) =>
  Effect.runPromise(
    Effect.flatMap(Store, body).pipe(
      Effect.provide(storeLayer({ home })),
      Effect.provide(TestContext.TestContext),
    ),
  )

export const blobsUnder = (home: string): ReadonlyArray<string> =>
  readdirSync(join(home, "blobs"), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ name, parentPath }) => `${parentPath.slice(-2)}${name}`)
