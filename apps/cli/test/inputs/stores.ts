/** Homes and stores that cannot be used, or not be trusted. */
import { Database } from "bun:sqlite"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type BadInput, code, main, type Place, threeBuilders } from "./case.ts"
import { contents, filled } from "./store-contents.ts"

/** Makes something where the store shall be. */
const home =
  (make: (folder: string) => void, path = "home") =>
  (place: Place) =>
    Effect.sync(() => {
      const store = join(place.folder, path)
      make(store)
      return { store }
    })

/** A small file system of its own at the store's place. */
const mounted =
  (options: string, fill: (folder: string) => void = () => undefined) =>
  (place: Place) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const store = join(place.home, "mounted")
        fs.mkdirSync(store)
        await Bun.$`mount -t tmpfs -o ${options} relaunch-test ${store}`.quiet()
        fill(store)
        return { store }
      }),
      ({ store }) => Effect.promise(() => Bun.$`umount -l ${store}`.quiet()),
    )

const launch = { files: main, args: code }
const hint = /RELAUNCH_HOME/

const homes: ReadonlyArray<BadInput> = [
  {
    title: "a file as the home",
    ...launch,
    setUp: home((path) => fs.writeFileSync(path, "")),
    answer: { code: "E_STORE", message: /home` cannot be used: /, hint },
  },
  {
    title: "a link to itself as the home",
    ...launch,
    setUp: home((path) => fs.symlinkSync("home", path)),
    answer: { code: "E_STORE", message: /home` cannot be used: /, hint },
  },
  {
    title: "a home where nobody can write",
    ...launch,
    setUp: () => Effect.succeed({ store: "/proc/relaunch" }),
    answer: { code: "E_STORE", message: /^`\/proc\/relaunch` cannot be used: /, hint },
  },
  {
    title: "a read-only home",
    builders: threeBuilders,
    ...launch,
    setUp: mounted("ro"),
    answer: { code: "E_STORE", message: /mounted.*` may not be written$/, hint },
  },
  {
    title: "a disk without space for the database",
    builders: threeBuilders,
    ...launch,
    setUp: mounted("size=16k"),
    answer: { code: "E_STORE", message: /^No space is left on the disk that holds `/, hint },
  },
  {
    title: "a disk without space for the code",
    builders: threeBuilders,
    files: { ...main, "model.bin": "x".repeat(3_000_000) },
    args: code,
    setUp: mounted("size=2m"),
    answer: { code: "E_STORE", message: /^No space is left on the disk that holds `/, hint },
  },
  {
    title: "a disk without space for what the program prints",
    builders: threeBuilders,
    files: { "main.py": 'for _ in range(4000): print("x" * 1000)\nprint("last", flush=True)\n' },
    args: code,
    setUp: mounted("size=3m"),
    answer: {
      code: "E_STORE",
      message: /^The run's log cannot be written: .*no space left on device/,
      hint: /Free space on the disk that holds the store/,
    },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: "a disk without a free inode",
    ...launch,
    setUp: mounted("nr_inodes=6"),
    answer: {
      code: "E_STORE",
      message: /ENOSPC: no space left on device/,
      hint: /Free space on its disk/,
    },
  },
  {
    title: "a folder in the database's place",
    ...launch,
    setUp: home((path) => fs.mkdirSync(join(path, "store.db"), { recursive: true })),
    answer: { code: "E_STORE", message: /store\.db` cannot be used: /, hint },
  },
  {
    title: "a database that is none",
    ...launch,
    setUp: home((path) => {
      fs.mkdirSync(path)
      fs.writeFileSync(join(path, "store.db"), "not a database, for certain; ".repeat(100))
    }),
    answer: {
      code: "E_STORE",
      message: /store\.db` is damaged or is not a relaunch store$/,
      hint: /Restore it/,
    },
  },
  {
    title: "a store of a newer relaunch",
    ...launch,
    setUp: home((path) => {
      fs.mkdirSync(path)
      const db = new Database(join(path, "store.db"))
      db.run("pragma user_version = 9999")
      db.close()
    }),
    answer: {
      code: "E_STORE_NEWER",
      message: /store\.db` was written by a newer relaunch$/,
      hint: /Update relaunch/,
    },
  },
]

const lookUps: ReadonlyArray<BadInput> = [
  {
    title: "a job that is not there",
    args: ["--job", "demo/nothing"],
    answer: {
      code: "E_JOB_NOT_FOUND",
      message: "There is no job `local/demo/nothing:latest`",
      hint: /job list/,
    },
  },
  {
    title: "a job's name with too many parts",
    args: ["--job", "a/b/c/d:e"],
    answer: {
      code: "E_USAGE",
      message: "`a/b/c/d:e` does not name a job or artifact",
      hint: /entity\/project/,
    },
  },
  {
    title: "a run that is not there",
    args: ["run", "show", "nothing"],
    answer: { code: "E_RUN_NOT_FOUND", message: /`nothing`/, hint: /Nothing has run yet/ },
  },
  {
    title: "logs of a run that is not there",
    args: ["run", "logs", "../../etc/passwd"],
    answer: { code: "E_RUN_NOT_FOUND", message: /etc\/passwd`/, hint: /Nothing has run yet/ },
  },
  {
    title: "an artifact that is not there",
    args: ["artifact", "download", "demo/nothing:v0"],
    answer: { code: "E_ARTIFACT_NOT_FOUND", message: /demo\/nothing:v0`/, hint: /./ },
  },
  {
    title: "an artifact that has no such type",
    args: ["artifact", "download", "demo/x", "--type", "model"],
    setUp: filled(() => undefined),
    answer: {
      code: "E_ARTIFACT_NOT_FOUND",
      message: /demo\/x:latest`/,
      hint: /^`local\/demo` holds none of type `model`; see/,
    },
  },
  {
    title: "a download to where nobody can write",
    args: ["artifact", "download", "demo/x:v0", "-o", "/proc/out"],
    setUp: filled(() => undefined),
    answer: {
      code: "E_STORE",
      message: /^`\/proc\/out` cannot be written: /,
      hint: /--output/,
    },
  },
]

export const stores: ReadonlyArray<BadInput> = [...homes, ...contents, ...lookUps]
