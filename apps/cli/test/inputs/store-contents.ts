/** Stores whose content is gone, changed, or not for this user to read. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { givenToNobody, withoutOverride } from "./another-user.ts"
import { type Attempt, type BadInput, createCode, type Place } from "./case.ts"

/** With one job in it. */
export const filled =
  (spoil: (store: string) => void, attempt: Attempt = {}) =>
  (place: Place) =>
    Effect.gen(function* () {
      const folder = join(place.home, "code")
      fs.mkdirSync(folder)
      fs.writeFileSync(join(folder, "main.py"), "print(1)\n")
      yield* place.json(createCode(folder))
      spoil(join(place.home, "relaunch"))
      return attempt
    })

const lost: ReadonlyArray<BadInput> = [
  {
    title: "a database that was cut off",
    args: ["job", "list"],
    setUp: filled((store) => {
      for (const name of ["store.db-wal", "store.db-shm"])
        fs.rmSync(join(store, name), { force: true })
      fs.truncateSync(join(store, "store.db"), 5000)
    }),
    answer: { code: "E_STORE", message: /store\.db` is damaged/, hint: /Restore it/ },
  },
  {
    title: "content that is gone",
    args: ["--job", "demo/x"],
    setUp: filled((store) => fs.rmSync(join(store, "blobs"), { recursive: true })),
    answer: {
      code: "E_STORE_DAMAGED",
      message: "The content of `wandb-job.json` of `x:v0` is missing",
      hint: /Create the job again/,
    },
  },
  {
    title: "content that is cut off",
    args: ["--job", "demo/x"],
    setUp: filled((store) => {
      for (const name of new Bun.Glob("**/*").scanSync({ cwd: join(store, "blobs") }))
        fs.truncateSync(join(store, "blobs", name), 1)
    }),
    answer: {
      code: "E_STORE_DAMAGED",
      message: "The content of `wandb-job.json` of `x:v0` is not what was stored",
      hint: /store check/,
    },
  },
]

/** The code of the job, with other bytes of the same number. */
const otherCode = filled((store) => {
  for (const name of new Bun.Glob("**/*").scanSync({ cwd: join(store, "blobs") })) {
    const path = join(store, "blobs", name)
    if (fs.readFileSync(path, "utf8") === "print(1)\n") fs.writeFileSync(path, "print(7)\n")
  }
})

const changed: ReadonlyArray<BadInput> = [
  {
    title: "code of other bytes than its digest",
    args: ["--job", "demo/x"],
    setUp: otherCode,
    answer: {
      code: "E_STORE_DAMAGED",
      message: "The content of `main.py` of code `code-x:v0` is not what was stored",
      hint: /^Remove `.*`, and create the job again from its directory$/,
    },
  },
  {
    title: "a download of other bytes than their digest",
    args: ["artifact", "download", "demo/code-x"],
    setUp: otherCode,
    answer: {
      code: "E_STORE_DAMAGED",
      message: "The content of `main.py` is not what was stored",
      hint: /store check/,
    },
  },
  {
    title: "a folder in the place of content",
    args: ["--job", "demo/x"],
    setUp: filled((store) => {
      for (const name of new Bun.Glob("**/*").scanSync({ cwd: join(store, "blobs") })) {
        fs.rmSync(join(store, "blobs", name))
        fs.mkdirSync(join(store, "blobs", name))
      }
    }),
    answer: {
      code: "E_STORE_DAMAGED",
      message: "The content of `wandb-job.json` of `x:v0` is missing",
      hint: /Create the job again/,
    },
  },
]

const unreadable = filled(
  (store) => {
    for (const name of new Bun.Glob("**/*").scanSync({ cwd: join(store, "blobs") }))
      fs.chmodSync(join(store, "blobs", name), 0)
  },
  { program: withoutOverride },
)

const noAccess = {
  code: "E_STORE",
  message: /blobs\/.*` cannot be read: EACCES: permission denied/,
  hint: /read access/,
} as const

const forbidden: ReadonlyArray<BadInput> = [
  {
    title: "content that nobody may read",
    args: ["--job", "demo/x"],
    setUp: unreadable,
    answer: noAccess,
  },
  {
    title: "a download of content that nobody may read",
    args: ["artifact", "download", "demo/code-x"],
    setUp: unreadable,
    answer: noAccess,
  },
  {
    title: "a store that belongs to another user",
    args: ["--job", "demo/x"],
    setUp: filled(givenToNobody, { program: withoutOverride }),
    answer: { code: "E_STORE", message: /store\.db` may not be read$/, hint: /RELAUNCH_HOME/ },
  },
]

export const contents: ReadonlyArray<BadInput> = [...lost, ...changed, ...forbidden]
