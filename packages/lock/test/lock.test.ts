/** Locks and folders of processes, those that were killed among them. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { liveEffect, temporaryFolder as testFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import {
  abandonedFolders,
  abandonedTemporary,
  isLocked,
  locked,
  noteTemporaryPlaces,
  ownedFolder,
  removeAbandoned,
  temporaryPrefix,
} from "../src/index.ts"

/** Another process with a lock and a folder. */
const holder = (home: string, file: string) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Bun.spawn([process.execPath, join(import.meta.dir, "holder-script.ts"), file], {
          env: { ...process.env, TMPDIR: home },
          stdout: "pipe",
          stderr: "inherit",
        }),
      ),
      (running) => Effect.sync(() => running.kill("SIGKILL")),
    )
    const first = yield* Effect.promise(async () => {
      for await (const chunk of child.stdout) return new TextDecoder().decode(chunk).trim()
      throw new Error("the holder ended without a word")
    })
    const kill = Effect.promise(async () => {
      child.kill("SIGKILL")
      await child.exited
    })
    return { folder: first, kill }
  })

describe("a lock", () => {
  liveEffect("is held by one at a time, and given back", () =>
    Effect.gen(function* () {
      const file = join(yield* testFolder({}), "a.lock")
      let holders = 0
      let most = 0
      yield* Effect.all(
        Array.from({ length: 6 }, () =>
          Effect.scoped(
            Effect.gen(function* () {
              yield* locked(file)
              holders += 1
              most = Math.max(most, holders)
              yield* Effect.yieldNow()
              holders -= 1
            }),
          ),
        ),
        { concurrency: "unbounded" },
      )
      expect([most, holders]).toEqual([1, 0])
      const waiting = Effect.scoped(locked(file)).pipe(Effect.timeoutOption("200 millis"))
      const tried = yield* Effect.scoped(Effect.zipRight(locked(file), waiting))
      expect(tried._tag).toBe("None")
      yield* Effect.scoped(locked(file))
    }),
  )

  liveEffect("of another process is seen while that lives, and free once it was killed", () =>
    Effect.gen(function* () {
      const home = yield* testFolder({})
      const file = join(home, "a.lock")
      expect(isLocked(file)).toBe(false)
      const { kill } = yield* holder(home, file)
      expect(isLocked(file)).toBe(true)
      // A look must not take it away from its owner.
      expect(isLocked(file)).toBe(true)
      yield* kill
      expect(isLocked(file)).toBe(false)
      yield* Effect.scoped(locked(file))
    }),
  )

  liveEffect("of this process stays held when it is looked at", () =>
    Effect.gen(function* () {
      const home = yield* testFolder({})
      const file = join(home, "a.lock")
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* locked(file)
          expect(isLocked(file)).toBe(true)
          const other = Bun.spawnSync([
            process.execPath,
            "-e",
            `const { isLocked } = await import(${JSON.stringify(join(import.meta.dir, "../src/index.ts"))}); process.stdout.write(String(isLocked(${JSON.stringify(file)})))`,
          ])
          expect(other.stdout.toString()).toBe("true")
        }),
      )
      expect(isLocked(file)).toBe(false)
    }),
  )

  liveEffect("that cannot be made is a failure with the file's name", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(Effect.scoped(locked("/nowhere/at/all.lock")))
      expect([failed.code, failed.message]).toEqual([
        "E_STORE",
        expect.stringContaining("/nowhere/at/all.lock"),
      ])
    }),
  )

  liveEffect("of which it cannot be told is held, and one that was overwritten is nobody's", () =>
    Effect.gen(function* () {
      const home = yield* testFolder({ spoilt: "no lock; ".repeat(1000), "folder/lock": "" })
      fs.symlinkSync("loop", join(home, "loop"))
      expect(
        ["loop", "spoilt", "folder", "none"].map((name) => isLocked(join(home, name))),
      ).toEqual([true, false, false, false])
    }),
  )
})

liveEffect("notes of temporary places that cannot be read hide nothing", () =>
  Effect.gen(function* () {
    const home = yield* testFolder({ file: "" })
    const notes = join(home, "notes")
    fs.mkdirSync(join(notes, "0".repeat(32)), { recursive: true })
    yield* Effect.addFinalizer(() => Effect.sync(() => noteTemporaryPlaces(undefined)))
    for (const place of [notes, join(home, "file")]) {
      noteTemporaryPlaces(place)
      expect(yield* Effect.isSuccess(abandonedTemporary)).toBe(true)
    }
  }),
)

describe("a folder", () => {
  liveEffect("goes with its scope, and nobody takes it before", () =>
    Effect.gen(function* () {
      const home = yield* testFolder({})
      yield* Effect.scoped(
        Effect.gen(function* () {
          const folder = yield* ownedFolder(home, "mine-")
          fs.writeFileSync(join(folder, "a"), "text")
          expect(yield* abandonedFolders(home, "mine-")).toEqual([])
          expect(yield* removeAbandoned(dirname(folder))).toBe(false)
          expect(fs.readFileSync(join(folder, "a"), "utf8")).toBe("text")
        }),
      )
      expect(fs.readdirSync(home)).toEqual([])
    }),
  )

  liveEffect("whose lock was overwritten is found and removed, and hides no other", () =>
    Effect.gen(function* () {
      const [spoilt, dead] = ["mine-0000000000000000", "mine-1111111111111111"]
      const home = yield* testFolder({ [`${spoilt}/lock`]: "no lock; ".repeat(1000) })
      fs.mkdirSync(join(home, dead))
      const both = [join(home, spoilt), join(home, dead)]
      expect(yield* abandonedFolders(home, "mine-")).toEqual(both)
      expect(yield* Effect.forEach(both, removeAbandoned)).toEqual([true, true])
      expect(fs.readdirSync(home)).toEqual([])
    }),
  )

  liveEffect("of a killed process is found and removed, those of living ones are not", () =>
    Effect.gen(function* () {
      const home = yield* testFolder({ "relaunch-notes.txt": "the user's own", "relaunch-x/a": "" })
      const dead = yield* holder(home, join(home, "1.lock"))
      const living = yield* holder(home, join(home, "2.lock"))
      yield* dead.kill
      const found = yield* abandonedFolders(home, temporaryPrefix)
      expect(found).toEqual([dirname(dead.folder)])
      expect(yield* removeAbandoned(dirname(dead.folder))).toBe(true)
      expect(yield* removeAbandoned(dirname(dead.folder))).toBe(false)
      expect(fs.readFileSync(join(living.folder, "half"), "utf8")).toBe("written")
      expect(fs.readdirSync(home).sort()).toEqual(
        [
          "1.lock",
          "2.lock",
          "relaunch-notes.txt",
          "relaunch-x",
          dirname(living.folder).slice(home.length + 1),
        ].sort(),
      )
    }),
  )

  liveEffect("that a clean-up took in the moment of its making is made again", () =>
    Effect.gen(function* () {
      const home = yield* testFolder({})
      const cleaning = yield* Effect.fork(
        Effect.forever(
          Effect.flatMap(abandonedFolders(home, "mine-"), (found) =>
            Effect.zipRight(Effect.forEach(found, removeAbandoned), Effect.yieldNow()),
          ),
        ),
      )
      for (let round = 0; round < 50; round += 1) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const folder = yield* ownedFolder(home, "mine-")
            yield* Effect.yieldNow()
            fs.writeFileSync(join(folder, "a"), "text")
          }),
        )
      }
      expect(cleaning.unsafePoll()).toBeNull()
    }),
  )

  liveEffect("that cannot be made is a failure with the parent's name", () =>
    Effect.gen(function* () {
      const home = yield* testFolder({ file: "" })
      const failed = yield* Effect.flip(Effect.scoped(ownedFolder(join(home, "file"), "mine-")))
      expect([failed.code, failed.message]).toEqual([
        "E_STORE",
        expect.stringContaining(join(home, "file")),
      ])
    }),
  )
})
