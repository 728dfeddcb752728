/** What the store promises to one process: versions, verdicts, runs, keys, and failures that explain themselves. */

import { Database } from "bun:sqlite"
import { describe, expect, test } from "bun:test"
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contentDigest, manifestDigest } from "@relaunch/job"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { explain } from "../src/explain.ts"
import { type NewArtifact, Store, storeLayer } from "../src/index.ts"

const place = { entity: "local", project: "hello" }
const text = (value: string) => ({ bytes: new TextEncoder().encode(value) })
const folder = () => join(mkdtempSync(join(tmpdir(), "relaunch-store-")), "home")

const artifact = (over: Partial<NewArtifact> = {}): NewArtifact => ({
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

const inStore = <A, E>(body: (store: Store["Type"]) => Effect.Effect<A, E>, home = folder()) =>
  Effect.runPromise(
    Effect.flatMap(Store, body).pipe(
      Effect.provide(storeLayer({ home })),
      Effect.provide(TestContext.TestContext),
    ),
  )

const blobsUnder = (home: string): ReadonlyArray<string> =>
  readdirSync(join(home, "blobs"), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ name, parentPath }) => `${parentPath.slice(-2)}${name}`)

describe("artifacts", () => {
  test("a version is new only when digest or metadata differ from the latest", async () => {
    const verdicts = await inStore((store) =>
      Effect.forEach(
        [
          artifact(),
          artifact({ aliases: ["prod"] }),
          artifact({ metadata: { a: 1, b: [1] } }),
          artifact({ metadata: { b: [1], a: 1 } }),
          artifact({ files: [{ path: "x", content: text("other") }] }),
          artifact(),
        ],
        (each) => Effect.map(store.artifacts.log(each), (logged) => logged),
      ),
    )
    expect(
      verdicts.map(({ artifact: { aliases, version }, verdict }) => [verdict, version, aliases]),
    ).toEqual([
      ["created", 0, ["latest"]],
      ["unchanged", 0, ["latest", "prod"]],
      ["updated", 1, ["latest"]],
      ["unchanged", 1, ["latest"]],
      ["updated", 2, ["latest"]],
      ["updated", 3, ["latest"]],
    ])
  })

  test("digests, sizes and content are those of the bytes", async () => {
    const home = folder()
    const source = join(mkdtempSync(join(tmpdir(), "relaunch-file-")), "big")
    const big = "0123456789".repeat(500_000)
    writeFileSync(source, big)
    const files = [
      { path: "b/big.txt", content: { file: source } },
      { path: "a.txt", content: text("hi") },
      { path: "again.txt", content: text("hi") },
    ]
    await inStore(
      (store) =>
        Effect.gen(function* () {
          const { artifact: stored } = yield* store.artifacts.log(artifact({ files }))
          expect(stored.digest).toBe(
            manifestDigest([
              { path: "b/big.txt", digest: contentDigest(big) },
              { path: "a.txt", digest: contentDigest("hi") },
              { path: "again.txt", digest: contentDigest("hi") },
            ]),
          )
          expect([stored.fileCount, stored.size]).toEqual([3, 5_000_004])
          const listed = yield* store.artifacts.files(stored.id)
          expect(listed.map(({ path, size }) => [path, size])).toEqual([
            ["a.txt", 2],
            ["again.txt", 2],
            ["b/big.txt", 5_000_000],
          ])
          expect(listed[0]?.blob).toBe(listed[1]?.blob ?? "")
          expect(readFileSync(listed[2]?.blob ?? "", "utf8")).toBe(big)
        }),
      home,
    )
    expect(blobsUnder(home)).toHaveLength(2)
    expect(readdirSync(join(home, "waiting"))).toEqual([])
  })

  test("names have one type, aliases name one version, projects are found in any case", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        yield* store.artifacts.log(artifact({ aliases: ["prod"] }))
        const second = yield* store.artifacts.log(
          artifact({ project: "HELLO", aliases: ["prod"], metadata: {} }),
        )
        expect(second.artifact.project).toBe("hello")
        expect([second.artifact.version, second.artifact.aliases]).toEqual([1, ["latest", "prod"]])
        const find = (alias: string) =>
          Effect.map(store.artifacts.find({ ...place, name: "train", alias }), (it) => it?.version)
        expect(yield* Effect.forEach(["v0", "v1", "latest", "prod", "v2", "none"], find)).toEqual([
          0,
          1,
          1,
          1,
          undefined,
          undefined,
        ] as Array<number>)
        const failure = yield* Effect.flip(store.artifacts.log(artifact({ type: "dataset" })))
        expect([failure.code, failure.message]).toEqual([
          "E_NAME",
          "`train` in `local/hello` already is of type `job` and cannot become `dataset`",
        ])
        const code = yield* store.artifacts.log(artifact({ type: "code" }))
        expect([code.verdict, code.artifact.type, code.artifact.version]).toEqual([
          "created",
          "code",
          0,
        ])
        const latest = { ...place, name: "train", alias: "latest" }
        expect((yield* store.artifacts.find(latest))?.type).toBe("job")
        expect((yield* store.artifacts.find({ ...latest, type: "code" }))?.type).toBe("code")
      }),
    )
  })

  test("removing a version moves latest back and removes only what nothing names", async () => {
    const home = folder()
    await inStore(
      (store) =>
        Effect.gen(function* () {
          const shared = { path: "shared", content: text("shared") }
          const only = (value: string) => ({ path: "only", content: text(value) })
          const first = yield* store.artifacts.log(artifact({ files: [shared, only("1")] }))
          const second = yield* store.artifacts.log(artifact({ files: [shared, only("2")] }))
          yield* store.artifacts.remove([second.artifact.id])
          expect(blobsUnder(home)).toHaveLength(2)
          const latest = yield* store.artifacts.find({ ...place, name: "train", alias: "latest" })
          expect(latest?.id).toBe(first.artifact.id)
          const third = yield* store.artifacts.log(artifact({ files: [only("3")] }))
          expect(third.artifact.version).toBe(2)
          yield* store.artifacts.remove([first.artifact.id, third.artifact.id])
          expect(blobsUnder(home)).toEqual([])
          expect(yield* store.artifacts.list({})).toEqual([])
          const gone = yield* Effect.flip(store.artifacts.files(first.artifact.id))
          expect(gone.code).toBe("E_ARTIFACT_NOT_FOUND")
        }),
      home,
    )
  })

  test("metadata that a run wrote does not make the next log a change", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const partial = artifact({ metadata: { _partial: true } })
        const { artifact: stored } = yield* store.artifacts.log(partial)
        yield* store.artifacts.setMetadata(
          stored.id,
          `{"input_types":{},"big":1152921504606846977}`,
        )
        const again = yield* store.artifacts.log(partial)
        expect(again.verdict).toBe("unchanged")
        expect(again.artifact.metadataText).toBe(`{"input_types":{},"big":1152921504606846977}`)
      }),
    )
  })

  test("a source file that is not there is named", async () => {
    const failure = await inStore((store) =>
      Effect.flip(
        store.artifacts.log(artifact({ files: [{ path: "x", content: { file: "/nowhere/x" } }] })),
      ),
    )
    expect([failure.code, failure.message]).toEqual([
      "E_SOURCE_UNREADABLE",
      "`/nowhere/x` cannot be read",
    ])
  })

  test("ten thousand jobs are listed within two seconds", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const first = yield* store.artifacts.log(artifact())
        const db = new Database(join(store.home, "store.db"))
        db.transaction(() => {
          for (let i = 0; i < 10_000; i += 1) {
            db.run(
              "insert into collection (project, name, type, created_at, next_version) values (1, ?, 'job', '', 1)",
              [`job-${i}`],
            )
            db.run(
              `insert into artifact (collection, version, state, digest, created_at)
               values (last_insert_rowid(), 0, 'COMMITTED', 'x', '')`,
            )
            db.run(
              "insert into alias select collection, 'latest', number from artifact where number = last_insert_rowid()",
            )
          }
        }).immediate()
        db.close()
        const start = performance.now()
        const all = yield* store.artifacts.list({ ...place, type: "job" })
        const one = yield* store.artifacts.find({ ...place, name: "job-9999", alias: "latest" })
        expect(performance.now() - start).toBeLessThan(2000)
        expect(all).toHaveLength(10_001)
        expect(one?.aliases).toEqual(["latest"])
        expect(first.verdict).toBe("created")
      }),
    )
  })
})

describe("runs", () => {
  const key = { ...place, id: "abc12345" }
  const launch = {
    job: "local/hello/train:v0",
    image: "train",
    imageId: "sha256:1",
    imageCached: false,
  }
  const created = { ...key, name: "first", state: "pending" as const, config: { lr: 0.1 }, launch }
  const end = { files: [], complete: true, exitCode: 0, preempting: false }

  test("a launched run ends by the engine's word alone", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const run = yield* store.runs.create(created)
        expect(run.configText).toBe(`{"lr":{"value":0.1}}`)
        yield* store.sdk.runs.start(key, {
          configText: `{"lr":{"value":0.2},"n":{"value":1152921504606846977}}`,
        })
        yield* store.sdk.runs.post(key, end)
        const during = yield* store.runs.find(key)
        expect([during?.state, during?.exitCode, during?.configText]).toEqual([
          "running",
          null,
          `{"lr":{"value":0.2},"n":{"value":1152921504606846977}}`,
        ])
        yield* store.runs.finish(key, { state: "failed", exitCode: 137, reason: "Out of memory" })
        yield* store.sdk.runs.post(key, { ...end, complete: false })
        const after = yield* store.runs.find(key)
        expect([after?.state, after?.exitCode, after?.launch?.reason]).toEqual([
          "failed",
          137,
          "Out of memory",
        ])
      }),
    )
  })

  test("config that the script does not repeat stays in a launched run", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        yield* store.runs.create(created)
        yield* store.sdk.runs.start(key, { configText: `{"epochs":{"value":3}}` })
        const run = yield* store.runs.find(key)
        expect(run?.configText).toBe(`{"lr":{"value":0.1},"epochs":{"value":3}}`)
      }),
    )
  })

  test("a run of its own ends by the SDK's word and is taken up again by a new start", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const { inserted } = yield* store.sdk.runs.start(key, { name: "mine" })
        expect(inserted).toBe(true)
        const state = Effect.map(store.runs.find(key), (run) => [run?.state, run?.exitCode])
        yield* store.sdk.runs.post(key, end)
        expect(yield* state).toEqual(["finished", 0])
        yield* store.sdk.runs.edit(key, { notes: "read me" })
        expect(yield* state).toEqual(["finished", 0])
        yield* store.sdk.runs.start(key, {})
        expect(yield* state).toEqual(["running", null])
        yield* store.sdk.runs.post(key, { ...end, exitCode: 1 })
        expect(yield* state).toEqual(["failed", 1])
        expect((yield* store.runs.find(key))?.notes).toBe("read me")
      }),
    )
  })

  test("silence of five minutes is a crash, for runs that nobody watches", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        yield* store.sdk.runs.start({ ...key, id: "alone" }, {})
        yield* store.runs.create({ ...created, state: "running" })
        yield* TestClock.adjust("6 minutes")
        const states = Effect.map(store.runs.list({}), (runs) =>
          Object.fromEntries(runs.map(({ id, state }) => [id, state])),
        )
        expect(yield* states).toEqual({ alone: "crashed", abc12345: "running" })
        expect(yield* store.runs.list({ state: "crashed" })).toHaveLength(1)
        yield* store.sdk.runs.post({ ...key, id: "alone" }, { ...end, complete: false })
        expect((yield* states)["alone"]).toBe("running")
      }),
    )
  })

  test("a stop reaches the next post, and not the run that comes after", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const post = (complete: boolean) =>
          Effect.map(store.sdk.runs.post(key, { ...end, complete }), ({ stopped }) => stopped)
        expect(yield* post(false)).toBe(false)
        yield* store.runs.requestStop(key)
        expect(yield* post(false)).toBe(true)
        yield* post(true)
        yield* store.sdk.runs.start(key, {})
        expect(yield* post(false)).toBe(false)
      }),
    )
  })

  test("lines keep their text and number, and sending them again changes nothing", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const lines = [
          `{"_step":0,"a":NaN}`,
          `{"_step":1,"big":1152921504606846977,"x":{"_step":9}}`,
        ]
        const post = (offset: number, content: ReadonlyArray<string>) =>
          store.sdk.runs.post(key, {
            ...end,
            complete: false,
            files: [{ file: "wandb-history.jsonl", offset, lines: content }],
          })
        yield* post(0, lines)
        yield* post(0, lines)
        yield* post(5, [`{"_step":7}`])
        expect(yield* store.runs.lines(key, "wandb-history.jsonl")).toEqual([
          ...lines,
          `{"_step":7}`,
        ])
        expect(yield* store.runs.lines(key, "wandb-history.jsonl", 1)).toHaveLength(2)
        const run = yield* store.sdk.runs.find(key)
        if (run === undefined) throw new Error("no run")
        expect(yield* store.sdk.runs.lineCount(run, "wandb-history.jsonl")).toBe(6)
        expect(yield* store.sdk.runs.history(run, { from: 1, to: 7, limit: 10 })).toEqual([
          lines[1] ?? "",
        ])
      }),
    )
  })

  test("samples are spread over the file, with both ends", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const lines = Array.from({ length: 1000 }, (_, i) => String(i))
        yield* store.sdk.runs.post(key, {
          ...end,
          complete: false,
          files: [{ file: "f", offset: 0, lines }],
        })
        const run = yield* store.sdk.runs.find(key)
        if (run === undefined) throw new Error("no run")
        for (const samples of [2, 3, 7, 500, 999]) {
          const sampled = yield* store.sdk.runs.sampled(run, "f", samples)
          expect([sampled.length, sampled[0], sampled.at(-1)]).toEqual([samples, "0", "999"])
        }
        expect(yield* store.sdk.runs.sampled(run, "f", 1)).toEqual(["999"])
        expect(yield* store.sdk.runs.sampled(run, "f", 2000)).toEqual(lines)
      }),
    )
  })

  test("a run is looked up by id, by path and by name, and goes with its files", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        yield* store.runs.create(created)
        const ids = (text: string) =>
          Effect.map(store.runs.lookUp(text), (runs) => runs.map(({ id }) => id))
        for (const text of ["abc12345", "local/Hello/abc12345", "hello/abc12345", "first"]) {
          expect(yield* ids(text)).toEqual(["abc12345"])
        }
        expect(yield* ids("other/hello/abc12345")).toEqual([])
        const run = yield* store.sdk.runs.find(key)
        const bytes = (async function* () {
          yield new TextEncoder().encode("content")
        })()
        yield* store.sdk.runs.putFile(run?.number ?? 0, "media/a b.txt", bytes)
        const [file] = yield* store.runs.files(key)
        expect([file?.path, file?.size]).toEqual(["media/a b.txt", 7])
        const folder = join(store.consoleLog(key), "..")
        expect(existsSync(folder)).toBe(true)
        yield* store.runs.remove(key)
        expect([existsSync(folder), existsSync(file?.blob ?? "")]).toEqual([false, false])
        expect(yield* ids("abc12345")).toEqual([])
        const again = yield* Effect.flip(store.runs.remove(key))
        expect([again.code, again.message]).toEqual([
          "E_RUN_NOT_FOUND",
          "No run `local/hello/abc12345`",
        ])
      }),
    )
  })

  test("no name leads out of the folder of logs", async () => {
    await inStore((store) =>
      Effect.sync(() => {
        const log = store.consoleLog({ entity: "..", project: "../..", id: "x".repeat(400) })
        expect(log.startsWith(join(store.home, "runs/"))).toBe(true)
        expect(Math.max(...log.split("/").map((part) => part.length))).toBeLessThan(255)
      }),
    )
  })
})

describe("keys", () => {
  test("only their hash is stored, and a run's keys end with it", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const run = { ...place, id: "r1" }
        const key = yield* store.keys.issue({ entity: "local", run })
        expect(key).toMatch(/^[0-9a-f]{40,}$/)
        expect(yield* store.keys.verify(key)).toEqual({ entity: "local", run })
        const own = yield* store.keys.own("local")
        expect(yield* store.keys.own("local")).toBe(own)
        expect(yield* store.keys.verify(own)).toEqual({ entity: "local", run: null })
        expect(readFileSync(join(store.home, "store.db"), "latin1")).not.toContain(key)
        expect(statSync(join(store.home, "key")).mode & 0o777).toBe(0o600)
        yield* store.keys.revoke(run)
        expect(yield* store.keys.verify(key)).toBeUndefined()
        expect(yield* store.keys.verify("x".repeat(40))).toBeUndefined()
      }),
    )
  })
})

describe("a home that cannot be used", () => {
  const codeAndText = (home: string) =>
    inStore(() => Effect.void, home).then(
      () => "no failure",
      (cause: unknown) => String(cause),
    )
  const failureOf = (home: string) =>
    Effect.runPromise(
      Effect.flip(
        Effect.scoped(Effect.provide(Effect.flatMap(Store, Effect.succeed), storeLayer({ home }))),
      ),
    )

  test("is made for its owner alone", async () => {
    const home = folder()
    expect(await codeAndText(home)).toBe("no failure")
    expect(statSync(home).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(home).filter((each) => each.startsWith("store.db"))) {
      expect(statSync(join(home, name)).mode & 0o777).toBe(0o600)
    }
  })

  test("a file in its place", async () => {
    const home = folder()
    writeFileSync(home, "")
    const failure = await failureOf(join(home, "below"))
    expect(failure.code).toBe("E_STORE")
    expect(failure.message).toContain(`\`${join(home, "below")}\` cannot be used`)
    expect(failure.hints).not.toEqual([])
  })

  test("damage", async () => {
    const home = folder()
    await codeAndText(home)
    writeFileSync(join(home, "store.db"), "garbage ".repeat(1000))
    const failure = await failureOf(home)
    expect([failure.code, failure.message]).toEqual([
      "E_STORE",
      `\`${join(home, "store.db")}\` is damaged or is not a relaunch store`,
    ])
  })

  test("a newer schema", async () => {
    const home = folder()
    await codeAndText(home)
    const db = new Database(join(home, "store.db"))
    db.run("pragma user_version = 99")
    db.close()
    const failure = await failureOf(home)
    expect([failure.code, failure.message]).toEqual([
      "E_STORE_NEWER",
      `\`${join(home, "store.db")}\` was written by a newer relaunch`,
    ])
  })

  test.each([
    ["SQLITE_READONLY_DBMOVED", "`/home/x` may not be written"],
    ["EROFS", "`/home/x` may not be written"],
    ["SQLITE_FULL", "No space is left on the disk that holds `/home/x`"],
    ["ENOSPC", "No space is left on the disk that holds `/home/x`"],
    ["SQLITE_BUSY", "`/home/x` is locked by another process"],
    ["SQLITE_IOERR", "`/home/x` cannot be used: some; text"],
  ])("%s", (code, message) => {
    const failure = explain("/home/x", Object.assign(new Error("some\ntext"), { code }))
    expect([failure.code, failure.message, failure.hints.length > 0]).toEqual([
      "E_STORE",
      message,
      true,
    ])
  })
})
