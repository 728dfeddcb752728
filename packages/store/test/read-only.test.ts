/** A store that may only be read, with and without changes that wait beside its database. */
import { expect, test } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { checkStore } from "../src/index.ts"
import { artifact, folder, inStore, place } from "./store.ts"

const whileReadOnly = async <A>(home: string, body: () => Promise<A>): Promise<A> => {
  await Bun.$`mount --bind ${home} ${home}`.quiet()
  try {
    await Bun.$`mount -o remount,bind,ro ${home}`.quiet()
    return await body()
  } finally {
    await Bun.$`umount -l ${home}`.quiet()
  }
}

/** A store, and what a copy of it held while it was in use: all that was written is beside the database. */
const copied = async (without: ReadonlyArray<string>) => {
  const copy = folder()
  await inStore((store) =>
    Effect.gen(function* () {
      yield* store.artifacts.log(artifact())
      fs.cpSync(store.home, copy, { recursive: true })
    }),
  )
  for (const name of without) fs.rmSync(join(copy, name))
  return copy
}

const jobs = (home: string) => inStore(({ artifacts }) => artifacts.list({ type: "job" }), home)

test("what waits beside the database is read, and a change is refused", async () => {
  const home = await copied([])
  expect(fs.statSync(join(home, "store.db-wal")).size).toBeGreaterThan(0)
  await whileReadOnly(home, async () => {
    expect(await jobs(home)).toMatchObject([{ name: "train", version: 0 }])
    expect(await Effect.runPromise(checkStore(home))).toMatchObject({ damage: [], checked: 1 })
    const refused = inStore(
      ({ sdk }) => Effect.flip(sdk.projects.ensure({ ...place, project: "new" })),
      home,
    )
    expect(await refused).toMatchObject({
      code: "E_STORE",
      message: `\`${home}/store.db\` may not be written`,
    })
  })
})

test("what waits there and cannot be read is an error of the place, and no damage", async () => {
  const home = await copied(["store.db-shm"])
  const message = `\`${home}/store.db\` cannot be read where it may not be written: changes wait in the file beside it`
  await whileReadOnly(home, async () => {
    const checked = Effect.runPromise(Effect.flip(checkStore(home)))
    expect(await checked).toMatchObject({ code: "E_STORE", message })
    expect(await jobs(home).catch(String)).toContain(message)
  })
})

test("a process of the store is seen to live from there, too", async () => {
  const home = folder()
  await inStore(
    (store) =>
      Effect.gen(function* () {
        const own = yield* store.process
        const look = () =>
          inStore((other) => Effect.sync(() => [other.isReadOnly, other.isAlive(own)]), home)
        expect(yield* Effect.promise(() => whileReadOnly(home, look))).toEqual([true, true])
        expect(store.isReadOnly).toBe(false)
      }),
    home,
  )
})
