/** Artifacts: versions, verdicts, aliases, content, removal. */
import { Database } from "bun:sqlite"
import { afterAll, describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { contentDigest, manifestDigest } from "@relaunch/job"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { artifact, blobsUnder, folder, inStore, place, text } from "./store.ts"
import { removeTemporary, temporaryFolder } from "./temporary.ts"

afterAll(removeTemporary)

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

  test("a file that is known is not read when the store has its content", async () => {
    const home = folder()
    const file = join(temporaryFolder(), "file")
    writeFileSync(file, "hi")
    const sha256 = new Bun.CryptoHasher("sha256").update("hi").digest("hex")
    const known = { sha256, md5: contentDigest("hi"), size: 2 }
    const files = [{ path: "a", content: { file, known } }]
    await inStore(
      (store) =>
        Effect.gen(function* () {
          const first = yield* store.artifacts.log(artifact({ files }))
          rmSync(file)
          const again = yield* store.artifacts.log(artifact({ files }))
          expect(again).toMatchObject({ verdict: "unchanged", artifact: first.artifact })
          const more = [...files, { path: "b", content: text("more") }]
          const { artifact: second } = yield* store.artifacts.log(artifact({ files: more }))
          expect(second).toMatchObject({ version: 1, size: 6, fileCount: 2 })
          const [entry] = yield* store.artifacts.files(second.id, "a")
          expect(readFileSync(entry?.blob ?? "", "utf8")).toBe("hi")
        }),
      home,
    )
    expect(blobsUnder(home)).toHaveLength(2)
  })

  test("a file whose known content is removed meanwhile is read after all", async () => {
    const home = folder()
    const [file, slow] = ["file", "slow"].map((name) => join(temporaryFolder(), name))
    if (file === undefined || slow === undefined) throw new Error("no names")
    writeFileSync(file, "hi")
    spawnSync("mkfifo", [slow])
    const sha256 = new Bun.CryptoHasher("sha256").update("hi").digest("hex")
    const known = { sha256, md5: contentDigest("hi"), size: 2 }
    const of = { path: "a", content: { file, known } }
    await inStore(
      (store) =>
        Effect.gen(function* () {
          const other = yield* store.artifacts.log(artifact({ name: "other", files: [of] }))
          const logging = yield* Effect.fork(
            store.artifacts.log(artifact({ files: [of, { path: "b", content: { file: slow } }] })),
          )
          // It has looked for `a` when it waits for the other file.
          yield* Effect.promise(async () => {
            const writer = await open(slow, "w")
            await Effect.runPromise(store.artifacts.remove([other.artifact.id]))
            await writer.writeFile("slow")
            await writer.close()
            // For the second reading.
            writeFileSync(`${slow}.new`, "slow")
            renameSync(`${slow}.new`, slow)
          })
          const { artifact: stored } = yield* Fiber.join(logging)
          const [entry] = yield* store.artifacts.files(stored.id, "a")
          expect(readFileSync(entry?.blob ?? "", "utf8")).toBe("hi")
        }),
      home,
    )
  })

  test("digests, sizes and content are those of the bytes", async () => {
    const home = folder()
    const source = join(temporaryFolder(), "big")
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
    expect(readdirSync(join(home, "processes"))).toEqual([])
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
        expect(yield* store.artifacts.nextVersion({ ...place, name: "train" })).toBe(2)
        yield* store.artifacts.remove([second.artifact.id])
        expect(yield* store.artifacts.nextVersion({ ...place, name: "train" })).toBe(2)
        expect(yield* store.artifacts.nextVersion({ ...place, name: "none" })).toBe(0)
        const code = yield* store.artifacts.log(
          artifact({ type: "code", name: "code-train", displayName: "train" }),
        )
        expect([code.verdict, code.artifact.displayName]).toEqual(["created", "train"])
        const latest = { ...place, name: "train", alias: "latest" }
        expect((yield* store.artifacts.find(latest))?.type).toBe("job")
        expect((yield* store.artifacts.find({ ...latest, type: "code" }))?.name).toBe("code-train")
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

  test("a folder is no content", async () => {
    const failure = await inStore((store) =>
      Effect.flip(
        store.artifacts.log(artifact({ files: [{ path: "x", content: { file: "/" } }] })),
      ),
    )
    expect([failure.code, failure.message]).toEqual(["E_SOURCE_UNREADABLE", "`/` cannot be read"])
  })

  test("a link, and a file that is not the one that is meant, are not copied", async () => {
    const [home, source] = [folder(), temporaryFolder()]
    writeFileSync(join(source, "secret"), "secret")
    symlinkSync("secret", join(source, "link"))
    const contents = [
      { file: join(source, "link") },
      { file: join(source, "secret"), isSame: () => false },
    ]
    for (const content of contents) {
      const failure = await inStore(
        (store) => Effect.flip(store.artifacts.log(artifact({ files: [{ path: "x", content }] }))),
        home,
      )
      expect([failure.code, failure.message]).toEqual([
        "E_SOURCE_UNREADABLE",
        `\`${content.file}\` is no longer what it was when it was listed`,
      ])
    }
    expect(blobsUnder(home)).toEqual([])
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
