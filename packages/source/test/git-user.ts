/** A user's machine for git: a home, a cache, a folder for temporary files, all gone with the scope. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as BunCommandExecutor from "@effect/platform-bun/BunCommandExecutor"
import * as BunFileSystem from "@effect/platform-bun/BunFileSystem"
import { temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type GitOptions, gitRemote, gitSource } from "../src/index.ts"

export const rig = await testRig()

export const processes = BunCommandExecutor.layer.pipe(Layer.provide(BunFileSystem.layer))

const set = (name: string, value: string | undefined) => {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

/** Variables of this process, as git sees no others; put back with the scope. */
const variables = (values: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.keys(values).map((name) => [name, process.env[name]] as const)
      for (const [name, value] of Object.entries(values)) set(name, value)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) set(name, value)
      }),
  )

export interface UserOptions {
  readonly gitconfig?: string
  /** Certificates to trust besides the rig's. */
  readonly authority?: string
}

export const gitUser = ({ authority = "", gitconfig = "" }: UserOptions = {}) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder({
      ".gitconfig": gitconfig,
      "trusted.pem": `${fs.readFileSync(rig.git.https.authority, "utf8")}${authority}`,
      "tmp/.keep": "",
    })
    yield* variables({
      HOME: home,
      TMPDIR: join(home, "tmp"),
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_SSL_CAINFO: join(home, "trusted.pem"),
    })
    const cache = join(home, "cache")
    const options: GitOptions = {
      login: undefined,
      interactive: false,
      timeLimit: "1 minute",
      env: { GIT_SSH_COMMAND: rig.environment.GIT_SSH_COMMAND },
    }
    const source = (url: string, more: Partial<GitOptions> & { readonly ref?: string } = {}) =>
      Effect.gen(function* () {
        const remote = yield* gitRemote(url)
        const { password = "", username } = remote.login
        const login = username === undefined ? undefined : { username, password, host: remote.host }
        return yield* gitSource(remote, more.ref, cache, { ...options, login, ...more })
      }).pipe(Effect.provide(processes))
    /** What is left of checkouts. */
    const leftovers = Effect.sync(() =>
      fs.readdirSync(join(home, "tmp")).filter((name) => name !== ".keep"),
    )
    return { home, cache, options, source, leftovers }
  })

/** Text of every file below a folder, for a search. */
export const allTexts = (folder: string): ReadonlyArray<readonly [string, string]> =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((item) => item.isFile())
        .map((item) => join(item.parentPath, item.name))
        .map((path) => [path, fs.readFileSync(path, "latin1")] as const)
    : []

const readProcess = (pid: string, file: "cmdline" | "stat"): string => {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, "latin1")
  } catch {
    return ""
  }
}

/** Other tests use the rig's passwords as well. */
const isOurs = (pid: string): boolean => {
  for (let at = pid; at !== "0" && at !== ""; ) {
    if (at === String(process.pid)) return true
    at = /^\d+ \(.*\) \S (\d+)/s.exec(readProcess(at, "stat"))?.[1] ?? ""
  }
  return false
}

/** Argument lists of all processes that come from this one, as they are now. */
export const argumentLists = (): ReadonlyArray<string> =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isOurs(name))
    .map((pid) => readProcess(pid, "cmdline").replaceAll("\0", " "))
