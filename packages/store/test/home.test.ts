/** The home: keys, modes, and failures that explain themselves. */
import { Database } from "bun:sqlite"
import { afterAll, describe, expect, test } from "bun:test"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { explain } from "../src/explain.ts"
import { Store, storeLayer } from "../src/index.ts"
import { folder, inStore, place } from "./store.ts"
import { removeTemporary } from "./temporary.ts"

afterAll(removeTemporary)

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
