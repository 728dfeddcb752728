/** Build contexts and trees: links, special files, names and sizes that break careless tools. */
import * as fs from "node:fs"
import { join } from "node:path"
import { relaunchExecutable } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type BadInput, code, main, type Place, threeBuilders } from "./case.ts"

const onDisk = (make: (folder: string) => void) => (place: Place) =>
  Effect.sync(() => {
    make(place.folder)
    return {}
  })

const shell = (script: string) => (place: Place) =>
  Effect.promise(async () => {
    await Bun.$`sh -c ${script}`.cwd(place.folder).quiet()
    return {}
  })

const context = (title: string, folder: string, message: string, hint = /./): BadInput => ({
  title,
  files: { ...main, "sub/a.py": "" },
  args: [...code, "--build-context", folder],
  answer: { code: "E_BUILD_CONTEXT", message: `Build context \`${folder}\` is ${message}`, hint },
})

const contextNames: ReadonlyArray<BadInput> = [
  context("a build context above the source", "../x", "outside the source"),
  context("an absolute build context", "/etc", "outside the source"),
  context("a build context with a drive", "C:\\x", "outside the source"),
  context("a build context that climbs with backslashes", "sub\\..\\..\\x", "outside the source"),
  context("a build context that is not there", "nowhere", "not a directory of the source", /`sub`/),
  context("a file as the build context", "main.py", "not a directory of the source", /`sub`/),
  {
    ...context(
      "a link out of the source as the build context",
      "out",
      "not a directory of the source",
    ),
    setUp: onDisk((folder) => fs.symlinkSync("/etc", join(folder, "out"))),
  },
]

const dockerfile = { Dockerfile: "FROM python:3.13-slim\nCOPY . .\n" }
const custom = [...code, "-D", "Dockerfile"]

const links: ReadonlyArray<BadInput> = [
  {
    title: "links out, to themselves and around, which are kept as links",
    builders: threeBuilders,
    files: { ...main, ...dockerfile, "sub/a.py": "" },
    args: custom,
    setUp: onDisk((folder) => {
      fs.symlinkSync("/etc/passwd", join(folder, "outward"))
      fs.symlinkSync("itself", join(folder, "itself"))
      fs.symlinkSync("..", join(folder, "sub/around"))
      fs.symlinkSync("two", join(folder, "one"))
      fs.symlinkSync("one", join(folder, "two"))
    }),
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: "an entry point that is a link out",
    files: { "other.py": "" },
    args: code,
    setUp: onDisk((folder) => fs.symlinkSync("/etc/passwd", join(folder, "main.py"))),
    answer: {
      code: "E_ENTRY_POINT",
      message:
        "Entry point `main.py` is a link to `/etc/passwd`, which leads out of the build context",
      hint: /put the script itself/,
    },
  },
  {
    title: "an entry point that is a link to itself",
    files: { "other.py": "" },
    args: code,
    setUp: onDisk((folder) => fs.symlinkSync("main.py", join(folder, "main.py"))),
    answer: {
      code: "E_ENTRY_POINT",
      message:
        "Entry point `main.py` is a link to `main.py`, which leads to no file of the build context",
      hint: /put the script itself/,
    },
  },
  {
    title: "COPY of a link out of the context",
    builders: threeBuilders,
    files: { ...main, Dockerfile: "FROM python:3.13-slim\nCOPY out/passwd /stolen\n" },
    args: custom,
    setUp: onDisk((folder) => fs.symlinkSync("/etc", join(folder, "out"))),
    answer: {
      code: "E_BUILD",
      message:
        "The build failed at `COPY out/passwd /stolen`: `out/passwd` is not in the build context",
      hint: /./,
    },
    stored: { jobs: 1 },
  },
]

const special: ReadonlyArray<BadInput> = [
  {
    title: "a FIFO, a socket and a device in the tree",
    builders: threeBuilders,
    files: { ...main, ...dockerfile },
    args: custom,
    setUp: shell(
      "mkfifo pipe && mknod zero c 1 5 && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")'",
    ),
    answer: { says: /`pipe` is no regular file and is left out/ },
    stored: { jobs: 1, runs: 1 },
  },
  ...[".gitignore", ".relaunchignore", ".dockerignore", "requirements.txt"].map(
    (name): BadInput => ({
      title: `a FIFO named ${name}`,
      files: main,
      args: code,
      setUp: shell(`mkfifo ${name}`),
      answer: { says: new RegExp(`\`${name}\` is no regular file and is left out`) },
      stored: { jobs: 1, runs: 1 },
    }),
  ),
  {
    title: "a FIFO named relaunch.yaml",
    files: main,
    args: code,
    setUp: shell("mkfifo relaunch.yaml"),
    answer: {
      code: "E_CONFIG",
      message: /relaunch\.yaml` is no regular file$/,
      hint: /Move it away/,
    },
  },
  {
    title: "a device as the entry point",
    files: { "a.py": "" },
    args: code,
    setUp: shell("mknod main.py c 1 5"),
    answer: {
      code: "E_ENTRY_POINT",
      message: "Entry point `main.py` is not in the build context",
      hint: /`a\.py`/,
    },
  },
]

const names: ReadonlyArray<BadInput> = [
  {
    title: "names with newline, quotes, blanks, emoji and a leading dash",
    builders: threeBuilders,
    files: {
      ...main,
      ...dockerfile,
      "new\nline.txt": "1",
      'it\'s "quoted" $(id) `id`.txt': "2",
      " blank .txt ": "3",
      "-rf": "4",
      "\u{1f600}.txt": "5",
      "e\u0301.txt": "6",
      "\u00e9.txt": "7",
    },
    args: custom,
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: "a name that is not UTF-8",
    builders: threeBuilders,
    files: { ...main, ...dockerfile },
    args: custom,
    setUp: shell('python3 -c \'open(b"caf\\xe9.txt", "w")\''),
    answer: {
      code: "E_SOURCE_UNREADABLE",
      message: "The name of `caf\ufffd.txt` is not UTF-8",
      hint: /Rename it/,
    },
  },
  {
    title: "a name of 255 bytes",
    builders: threeBuilders,
    files: { ...main, ...dockerfile, ["x".repeat(255)]: "1" },
    args: custom,
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
]

/** The command with at most so many files open at once. */
const withDescriptors = (most: number) => [
  ...["sh", "-c", `ulimit -n ${most}; exec "$@"`, "sh", relaunchExecutable],
]

const descriptors: ReadonlyArray<BadInput> = [
  {
    title: "300 files where 64 may be open at once",
    builders: ["docker", "buildkit"],
    files: {
      ...main,
      ...dockerfile,
      ...Object.fromEntries(
        Array.from({ length: 300 }, (_, at) => [`data/${at}`, `${at}`.repeat(2000)]),
      ),
    },
    args: custom,
    setUp: () => Effect.succeed({ program: withDescriptors(64) }),
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: "a launch where 24 files may be open at once",
    files: main,
    args: code,
    setUp: () => Effect.succeed({ program: withDescriptors(24) }),
    answer: {
      code: "E_OPEN_FILES",
      message: "Only 24 files may be open at once, and a command needs 64",
      hint: /`ulimit -n 1024`/,
    },
  },
]

const manyFiles = Number(process.env["RELAUNCH_TEST_FILES"] ?? 1_000_000)
/** More than a source may hold, so that a look at them would be an error. */
const tooMany = 150_000
/** Folders of 1,000 files each, in memory. */
const manyIn = (folder: string, name: string, count: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const script = `
import os
for i in range(${count} // 1000):
    os.mkdir(f"{i}")
    for j in range(1000):
        os.mknod(f"{i}/{j}")
`
      const at = join(folder, name)
      fs.mkdirSync(at)
      await Bun.$`mount -t tmpfs -o nr_inodes=0 relaunch-test ${at}`.quiet()
      await Bun.$`python3 -c ${script}`.cwd(at).quiet()
      return at
    }),
    (at) => Effect.promise(() => Bun.$`umount -l ${at}`.quiet()),
  )

/** Refused before any builder is asked, or left out before one is sent anything: one stands for all three. */
const sizes: ReadonlyArray<BadInput> = [
  {
    title: "a sparse file of 10 GB",
    files: main,
    args: code,
    setUp: shell(
      'truncate -s 10G huge.bin; for i in $(seq 11); do truncate -s "$i"M part$i.bin; done',
    ),
    answer: {
      code: "E_SOURCE_TOO_LARGE",
      message: /holds 10\.8 GB of code, more than the limit of 2\.0 GB$/,
      hint: /^The biggest are huge\.bin \(10\.7 GB\), part11\.bin .*part3\.bin \(3\.1 MB\)$/,
    },
  },
  {
    title: "a sparse file of 10 GB that is ignored",
    files: { ...main, ".gitignore": "data/\n" },
    args: code,
    setUp: shell("mkdir data && truncate -s 10G data/huge.bin && chmod 000 data"),
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: `${manyFiles.toLocaleString("en")} files`,
    files: main,
    args: code,
    setUp: (place) => Effect.as(manyIn(place.folder, "data", manyFiles), {}),
    answer: {
      code: "E_SOURCE_TOO_LARGE",
      message: /holds more than 100,000 files$/,
      hint: /^The fullest folders so far are data\/\d+ \(1,000\), /,
    },
  },
  {
    title: `${tooMany.toLocaleString("en")} files that are ignored`,
    files: { ...main, ".gitignore": "data/\n" },
    args: code,
    setUp: (place) => Effect.as(manyIn(place.folder, "data", tooMany), {}),
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
]

export const contexts: ReadonlyArray<BadInput> = [
  ...contextNames,
  ...links,
  ...special,
  ...names,
  ...descriptors,
  ...sizes,
]
