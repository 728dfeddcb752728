/** What a crash of the machine, a bad copy or a slip leaves of a store: nothing is lost further, and each damage has its name. */
import { afterAll, describe, expect, test } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { checkStore } from "../src/index.ts"
import { artifact, blobsUnder, folder, inStore, place, text } from "./store.ts"
import { removeTemporary } from "./temporary.ts"

afterAll(removeTemporary)

const filled = async () => {
  const home = folder()
  const files = [{ path: "a.txt", content: text("first") }]
  await inStore((store) => store.artifacts.log(artifact({ files })), home)
  return home
}

const fifo = (path: string) => Bun.spawnSync(["mkfifo", path])

const damageOf = async (home: string) => (await Effect.runPromise(checkStore(home))).damage

const opened = (home: string) => inStore((store) => store.artifacts.list({}), home)

describe("a database that", () => {
  for (const [why, spoil] of [
    ["is missing", () => undefined],
    ["is empty", (path: string) => fs.writeFileSync(path, "")],
    ["is no regular file", fifo],
  ] as const) {
    test(`${why} beside content is not made anew, so that no clean-up takes the content`, async () => {
      const home = await filled()
      const path = join(home, "store.db")
      for (const end of ["", "-wal", "-shm"]) fs.rmSync(`${path}${end}`, { force: true })
      spoil(path)
      const refused = await opened(home).catch(String)
      expect(refused).toContain(`\`${path}\` cannot be used: it ${why}`)
      expect(await damageOf(home)).toEqual([{ kind: "database", subject: path, problem: why }])
      expect(blobsUnder(home)).toHaveLength(1)
      // As the hint says.
      fs.renameSync(home, `${home}-away`)
      expect(await opened(home)).toEqual([])
    })
  }

  test("is cut off is told once", async () => {
    const home = await filled()
    const path = join(home, "store.db")
    fs.truncateSync(path, 5000)
    for (const end of ["-wal", "-shm"]) fs.rmSync(`${path}${end}`, { force: true })
    const problems = (await damageOf(home)).map(({ problem }) => problem)
    expect(problems).toEqual([...new Set(problems)])
  })
})

test("what is no content of ours is no damage, and stays where it is", async () => {
  const home = await filled()
  const part = join(home, "blobs", fs.readdirSync(join(home, "blobs"))[0] ?? "")
  fs.writeFileSync(join(home, "blobs", ".DS_Store"), "x")
  fs.writeFileSync(join(part, "notes.txt"), "x")
  fs.symlinkSync("nowhere", join(part, "0".repeat(62)))
  fs.writeFileSync(join(part, "1".repeat(62)), "left")
  expect(await inStore((store) => store.unnamed(false), home)).toEqual({ count: 1, size: 4 })
  expect(fs.readdirSync(part)).toHaveLength(3)
  fs.rmSync(join(part, "0".repeat(62)))
  expect(await damageOf(home)).toEqual([])
})

test("a file in the place of a folder of the store is damage, and no end of the check", async () => {
  const home = await filled()
  for (const name of ["blobs", "processes"]) {
    fs.rmSync(join(home, name), { recursive: true })
    fs.writeFileSync(join(home, name), "")
  }
  expect(await damageOf(home)).toEqual([
    { kind: "folder", subject: join(home, "blobs"), problem: "is no folder" },
    { kind: "folder", subject: join(home, "processes"), problem: "is no folder" },
    { kind: "content", subject: "local/hello/train:v0 a.txt", problem: "is missing" },
  ])
})

test("a FIFO in the place of the key is told, and not waited for", async () => {
  const home = await filled()
  fifo(join(home, "key"))
  const refused = inStore((store) => Effect.flip(store.keys.own("local")), home)
  expect(await refused).toMatchObject({
    code: "E_STORE",
    message: `\`${join(home, "key")}\` does not hold a key`,
    hints: ["Remove it; a new key is made at the next use"],
  })
})

test("a log of a container that is gone is damage; what never had a container has none", async () => {
  const home = folder()
  const launch = { job: "local/hello/train:v0", image: "busybox:1", imageId: "", imageCached: true }
  const log = (id: string) => join(home, "runs", "local", "hello", id, "console.log")
  await inStore(
    ({ runs }) =>
      Effect.gen(function* () {
        for (const id of ["never", "sound", "lost", "fifo"]) {
          const containerId = id === "never" ? {} : { containerId: id }
          const record = { ...launch, ...containerId }
          yield* runs.create({
            ...place,
            id,
            name: id,
            state: "failed",
            config: {},
            launch: record,
          })
        }
      }),
    home,
  )
  fs.writeFileSync(log("sound"), "")
  fifo(log("fifo"))
  expect(await damageOf(home)).toEqual([
    { kind: "content", subject: "local/hello/lost console.log", problem: "is missing" },
    { kind: "content", subject: "local/hello/fifo console.log", problem: "is no regular file" },
  ])
  // What cannot be entered is told once, whatever the reason, and hides no other.
  const project = join(home, "runs", "local", "hello")
  fs.rmSync(project, { recursive: true })
  fs.symlinkSync(project, project)
  expect(await damageOf(home)).toEqual([
    { kind: "content", subject: join(home, "runs"), problem: "cannot be read: ELOOP" },
  ])
})
