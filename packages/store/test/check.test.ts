/** Damage of every kind: found, named, and none hides another. */
import { Database } from "bun:sqlite"
import { describe, expect, test } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { checkStore } from "../src/index.ts"
import { artifact, blobsUnder, folder, inStore, place, text } from "./store.ts"

/** Two artifacts with three files, and a run with one. */
const filled = async () => {
  const home = folder()
  await inStore(
    (store) =>
      Effect.gen(function* () {
        yield* store.artifacts.log(artifact({ files: [{ path: "a.txt", content: text("first") }] }))
        yield* store.artifacts.log(
          artifact({
            name: "model",
            type: "model",
            files: [
              { path: "b.txt", content: text("second") },
              { path: "c.txt", content: text("third one") },
            ],
          }),
        )
        yield* store.runs.create({
          ...place,
          id: "run1",
          name: "run1",
          state: "running",
          config: {},
          launch: null,
        })
      }),
    home,
  )
  return home
}

const check = (home: string) => Effect.runPromise(checkStore(home))

/** Path of the blob with this content. */
const blobWith = (home: string, content: string): string => {
  for (const name of blobsUnder(home)) {
    const path = join(home, "blobs", name.slice(0, 2), name.slice(2))
    if (fs.readFileSync(path, "utf8") === content) return path
  }
  throw new Error(`no blob holds ${content}`)
}

const changed = (home: string, sql: string) => {
  const db = new Database(join(home, "store.db"))
  db.run("pragma foreign_keys = off")
  db.run(sql)
  db.close()
}

describe("a check", () => {
  test("of a whole store, of one in use, and of none finds nothing", async () => {
    const home = await filled()
    const sound = { damage: [], checked: 3, size: 20, unnamed: { count: 0, size: 0 } }
    expect(await check(home)).toEqual(sound)
    await inStore(
      (store) =>
        Effect.gen(function* () {
          yield* store.artifacts.log(artifact({ files: [{ path: "d", content: text("more") }] }))
          expect((yield* checkStore(home)).damage).toEqual([])
        }),
      home,
    )
    expect((await check(folder())).damage).toEqual([])
  })

  test("names what is missing, cut, changed, and what nothing names, all at once", async () => {
    const home = await filled()
    fs.rmSync(blobWith(home, "first"))
    fs.truncateSync(blobWith(home, "second"), 3)
    fs.writeFileSync(blobWith(home, "third one"), "THIRD ONE")
    const stray = join(home, "blobs", "ab")
    fs.mkdirSync(stray, { recursive: true })
    fs.writeFileSync(join(stray, "c".repeat(62)), "stray")
    const { damage, unnamed } = await check(home)
    expect(new Set(damage)).toEqual(
      new Set([
        { kind: "content", subject: "local/hello/train:v0 a.txt", problem: "is missing" },
        {
          kind: "content",
          subject: "local/hello/model:v0 b.txt",
          problem: "has 3 bytes in place of 6",
        },
        {
          kind: "content",
          subject: "local/hello/model:v0 c.txt",
          problem: "has other bytes than its digest says",
        },
      ]),
    )
    expect(unnamed).toEqual({ count: 1, size: 5 })
  })

  test("names artifacts whose files are not those of their digest, and rows without their owner", async () => {
    const home = await filled()
    changed(home, "delete from entry where path = 'b.txt'")
    changed(home, "insert into alias values (999, 'x', 999)")
    const { damage } = await check(home)
    expect(damage).toContainEqual({
      kind: "manifest",
      subject: "local/hello/model:v0",
      problem: "has other files than its digest says",
    })
    const path = join(home, "store.db")
    expect(damage).toContainEqual({
      kind: "database",
      subject: path,
      problem: "has a row in `alias` that belongs to no `collection`",
    })
  })

  test("names records that hold no sense, one by one, and the others are read", async () => {
    const home = await filled()
    await inStore(
      (store) =>
        store.runs.create({
          ...place,
          id: "run2",
          name: "run2",
          state: "failed",
          config: {},
          launch: null,
        }),
      home,
    )
    changed(home, "update run set launch = '{\"job\": ', tags = '7' where id = 'run1'")
    changed(
      home,
      "update run set created_at = 'noon', state = 'flying', config = '{' where id = 'run1'",
    )
    changed(home, "update artifact set metadata = '{\"a\"' where number = 2")
    const { damage } = await check(home)
    expect(damage).toEqual(
      [
        ["local/hello/run1", "state", "is no state of a run"],
        ["local/hello/run1", "created_at", "is no time"],
        ["local/hello/run1", "config", "is no JSON"],
        ["local/hello/run1", "tags", "is no JSON list"],
        ["local/hello/run1", "launch", "is no JSON map"],
        ["local/hello/model:v0", "metadata", "is no JSON"],
      ].map(([subject = "", column, what]) => ({
        kind: "record",
        subject,
        problem: `has a \`${column}\` that ${what}`,
      })),
    )
    const runs = await inStore((store) => store.runs.list({}), home)
    expect(runs.map(({ id, launch }) => [id, launch])).toEqual([
      ["run2", null],
      ["run1", null],
    ])
  })

  test("reads no FIFO, folder or link in the place of content, and names each", async () => {
    const home = await filled()
    const empty = artifact({ name: "empty", files: [{ path: "e", content: text("") }] })
    await inStore((store) => store.artifacts.log(empty), home)
    for (const [content, make] of [
      ["", (path: string) => Bun.spawnSync(["mkfifo", path])],
      ["first", (path: string) => fs.mkdirSync(path)],
      ["second", (path: string) => fs.symlinkSync(path, path)],
    ] as const) {
      const path = blobWith(home, content)
      fs.rmSync(path)
      make(path)
    }
    fs.symlinkSync("zz", join(home, "blobs", "zz"))
    const { damage } = await check(home)
    expect(damage.map(({ subject, problem }) => `${subject} ${problem}`).sort()).toEqual([
      "local/hello/empty:v0 e is no regular file",
      "local/hello/model:v0 b.txt is no regular file",
      "local/hello/train:v0 a.txt is no regular file",
    ])
  })

  test("says that a newer relaunch wrote it", async () => {
    const home = await filled()
    changed(home, "pragma user_version = 99")
    expect((await check(home)).damage).toEqual([
      {
        kind: "database",
        subject: join(home, "store.db"),
        problem: "was written by a newer relaunch (version 99, this one reads 1)",
      },
    ])
  })

  for (const [what, spoil] of [
    ["cut off", (path: string) => fs.truncateSync(path, 5000)],
    ["no database", (path: string) => fs.writeFileSync(path, "not a database, by far".repeat(400))],
  ] as const) {
    test(`of a database that is ${what} says so, and still reads the content`, async () => {
      const home = await filled()
      const path = join(home, "store.db")
      const db = new Database(path)
      db.run("pragma wal_checkpoint(truncate)")
      db.close()
      for (const suffix of ["-wal", "-shm"]) fs.rmSync(`${path}${suffix}`, { force: true })
      spoil(path)
      const blob = blobWith(home, "first")
      fs.writeFileSync(blob, "FIRST")
      const { checked, damage } = await check(home)
      expect(checked).toBe(3)
      expect(damage[0]).toMatchObject({ kind: "database", subject: path })
      expect(damage).toContainEqual({
        kind: "content",
        subject: blob,
        problem: "has other bytes than its digest says",
      })
    })
  }
})

test("a database without a byte is damage where there is content, and else one that was never made", async () => {
  const home = folder()
  fs.mkdirSync(home, { recursive: true })
  const database = join(home, "store.db")
  fs.writeFileSync(database, "")
  expect(await check(home)).toMatchObject({ damage: [], checked: 0 })
  const full = await filled()
  for (const end of ["", "-wal"]) fs.rmSync(`${join(full, "store.db")}${end}`, { force: true })
  fs.writeFileSync(join(full, "store.db"), "")
  expect((await check(full)).damage).toEqual([
    { kind: "database", subject: join(full, "store.db"), problem: "is empty" },
  ])
})
