/**
 * The bare repository kept of each remote, so that a second launch fetches only what is new. It
 * holds objects and no refs of its own: what a ref means is asked of the remote each time.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import { locked } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type GitOptions, git } from "./command.ts"
import {
  checkedRef,
  type FoundRef,
  findAdvertised,
  isFullHash,
  isShortHash,
  type RemoteRefs,
  readRefs,
  unknownRef,
} from "./ref.ts"
import { gitFailure } from "./refusal.ts"
import type { GitRemote } from "./remote.ts"

type Answer<A> = Effect.Effect<A, Failure, CommandExecutor>

export interface Mirror {
  readonly folder: string
  readonly found: FoundRef
  readonly defaultBranch: string | undefined
}

const mirrorFolder = (cache: string, url: string): string =>
  join(cache, "git", `${createHash("sha256").update(url).digest("hex").slice(0, 32)}.git`)

const unusable = (cache: string, cause: unknown): Failure =>
  failure("E_SOURCE_UNREADABLE", `The cache \`${cache}\` cannot be used: ${reasonOf(cause)}`, {
    hints: ["Check that you may write to it, or choose another with XDG_CACHE_HOME"],
    details: { cache },
    cause,
  })

/** A change of the cache, parts of which may be another user's, as of a launch under sudo. */
const changed = (cache: string, change: () => void): Effect.Effect<void, Failure> =>
  Effect.try({ try: change, catch: (cause) => unusable(join(cache, "git"), cause) })

const created = (folder: string, options: GitOptions): Answer<void> =>
  fs.existsSync(join(folder, "HEAD"))
    ? Effect.void
    : Effect.gen(function* () {
        const started = yield* git(["init", "--quiet", "--bare", folder], options)
        if (started.exitCode !== 0) return yield* gitFailure(folder, started)
      })

/** Lock files and half packs of a git that was killed; while we hold the lock, nobody else's git is in the mirror. */
const withoutRemains = (folder: string): void => {
  const found = fs.lstatSync(folder, { throwIfNoEntry: false })
  if (found?.isDirectory() !== true) {
    fs.rmSync(folder, { force: true })
    return
  }
  for (const name of fs.readdirSync(folder)) {
    if (name.endsWith(".lock")) fs.rmSync(join(folder, name), { force: true })
  }
  const packs = join(folder, "objects", "pack")
  for (const name of fs.existsSync(packs) ? fs.readdirSync(packs) : []) {
    if (name.startsWith("tmp_")) fs.rmSync(join(packs, name), { force: true })
  }
}

const inMirror =
  (folder: string, options: GitOptions) =>
  (...args: ReadonlyArray<string>) =>
    git(["--git-dir", folder, ...args], options)

const has = (folder: string, commit: string, options: GitOptions): Answer<boolean> =>
  Effect.map(
    inMirror(folder, options)("cat-file", "-e", `${commit}^{tree}`),
    ({ exitCode }) => exitCode === 0,
  )

const listRefs = (remote: GitRemote, options: GitOptions): Answer<RemoteRefs> =>
  Effect.gen(function* () {
    const said = yield* git(["ls-remote", "--symref", "--", remote.url], options)
    if (said.exitCode !== 0) return yield* gitFailure(remote.url, said)
    return readRefs(said.stdout)
  })

/** One commit without its history; false when the remote does not hand it out. */
const fetchCommit = (folder: string, remote: GitRemote, commit: string, options: GitOptions) =>
  inMirror(folder, options)(
    ...[
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--depth=1",
      "--no-recurse-submodules",
    ],
    ...["--end-of-options", remote.url, commit],
  )

/** All history of all refs, for hashes that only the history can answer. */
const fetchAll = (folder: string, remote: GitRemote, options: GitOptions) =>
  Effect.gen(function* () {
    const shallow = fs.existsSync(join(folder, "shallow"))
    return yield* inMirror(folder, options)(
      ...["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"],
      ...(shallow ? ["--unshallow"] : []),
      ...["--end-of-options", remote.url, "+refs/*:refs/remote/*"],
    )
  })

const fromHistory = (
  folder: string,
  hash: string,
  options: GitOptions,
): Answer<string | undefined> =>
  Effect.map(
    inMirror(folder, options)(
      "rev-parse",
      "--quiet",
      "--verify",
      "--end-of-options",
      `${hash}^{commit}`,
    ),
    ({ exitCode, stdout }) => (exitCode === 0 ? stdout.trim() : undefined),
  )

const lockedMirror = (folder: string, cache: string): Effect.Effect<void, Failure, Scope.Scope> =>
  Effect.catchIf(
    locked(`${folder}.lock`),
    ({ code }) => code === "E_STORE",
    (error) => unusable(join(cache, "git"), error.cause),
  )

/**
 * Removes the mirror if it is damaged, as a crash of the machine leaves objects without a byte; the remote has
 * all of it. `commit` where it was the one that could not be read. True when there is no mirror any more.
 */
export const withoutDamaged = (
  remote: GitRemote,
  commit: string | undefined,
  cache: string,
  options: GitOptions,
): Answer<boolean> =>
  Effect.gen(function* () {
    const folder = mirrorFolder(cache, remote.url)
    yield* lockedMirror(folder, cache)
    const heads = commit === undefined ? [] : [commit]
    const { exitCode } = yield* inMirror(
      folder,
      options,
    )(...["fsck", "--no-dangling", "--no-progress", ...heads])
    if (exitCode === 0) return false
    yield* changed(cache, () => fs.rmSync(folder, { recursive: true, force: true }))
    return true
  }).pipe(Effect.scoped)

/** Finds the commit and makes sure the mirror holds it. */
export const mirrored = (
  remote: GitRemote,
  wanted: string | undefined,
  cache: string,
  options: GitOptions,
): Answer<Mirror> =>
  Effect.gen(function* () {
    const ref = yield* checkedRef(wanted)
    const folder = mirrorFolder(cache, remote.url)
    yield* changed(cache, () => {
      fs.mkdirSync(join(cache, "git"), { recursive: true, mode: 0o700 })
    })
    yield* lockedMirror(folder, cache)
    yield* changed(cache, () => withoutRemains(folder))
    yield* created(folder, options)
    const commitOf = (commit: string): FoundRef => ({ commit, kind: "commit", name: commit })

    // A commit that is here needs no question to the remote: it can never mean anything else.
    if (ref !== undefined && isFullHash(ref) && (yield* has(folder, ref, options))) {
      return { folder, found: commitOf(ref.toLowerCase()), defaultBranch: undefined }
    }
    const refs = yield* listRefs(remote, options)
    const { defaultBranch } = refs
    const advertised = findAdvertised(refs, ref)
    if (advertised !== undefined) {
      if (!(yield* has(folder, advertised.commit, options))) {
        const fetched = yield* fetchCommit(folder, remote, advertised.commit, options)
        if (fetched.exitCode !== 0) return yield* gitFailure(remote.url, fetched)
      }
      return { folder, found: advertised, defaultBranch }
    }
    if (ref === undefined) return yield* unknownRef(remote.url, "HEAD", refs)
    if (isFullHash(ref)) {
      const fetched = yield* fetchCommit(folder, remote, ref, options)
      if (fetched.exitCode === 0 && (yield* has(folder, ref, options))) {
        return { folder, found: commitOf(ref.toLowerCase()), defaultBranch }
      }
    }
    if (!isFullHash(ref) && !isShortHash(ref)) return yield* unknownRef(remote.url, ref, refs)
    const all = yield* fetchAll(folder, remote, options)
    if (all.exitCode !== 0) return yield* gitFailure(remote.url, all)
    const commit = yield* fromHistory(folder, ref, options)
    if (commit === undefined) return yield* unknownRef(remote.url, ref, refs)
    return { folder, found: commitOf(commit), defaultBranch }
  }).pipe(Effect.scoped)
