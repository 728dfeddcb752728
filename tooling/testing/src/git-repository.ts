/** Bare repositories on the rig's git servers, with exactly the commits a test asks for. */
import { randomBytes } from "node:crypto"
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { output, type Problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { testRig } from "./rig/environment.ts"

export interface GitFile {
  readonly content: string
  /** `100644` when absent; `100755` executable, `120000` symbolic link, `160000` submodule at the hash in `content`. */
  readonly mode?: "100644" | "100755" | "120000" | "160000"
}

export interface GitCommit {
  /** Changes against the branch's last commit; null removes the file. */
  readonly files: Readonly<Record<string, string | GitFile | null>>
  readonly message?: string
  /** The default branch when absent; a new branch starts at the default branch. */
  readonly branch?: string
  readonly tag?: string
}

export interface GitRepositoryOptions {
  /** `hello-world` or `team/hello-world`. */
  readonly name?: string
  readonly defaultBranch?: string
  /** Files of a single commit; `commits` instead where history matters. */
  readonly files?: GitCommit["files"]
  readonly commits?: ReadonlyArray<GitCommit>
}

export interface GitRepository {
  /** Folder of the bare repository on this disk. */
  readonly folder: string
  readonly defaultBranch: string
  readonly url: {
    /** No login in it: the server will ask for one. */
    readonly https: string
    readonly httpsWithLogin: string
    readonly ssh: string
    /** `git@127.0.0.1:...`, which needs the rig's GIT_SSH_COMMAND. */
    readonly scp: string
  }
  /** Hashes of all commits so far, oldest first. */
  readonly hashes: ReadonlyArray<string>
  readonly commit: (
    ...commits: ReadonlyArray<GitCommit>
  ) => Effect.Effect<ReadonlyArray<string>, Problem>
  /** Any git command in the bare repository; trimmed output. */
  readonly git: (...args: ReadonlyArray<string>) => Effect.Effect<string, Problem>
}

const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`

const fileChange = (path: string, file: string | GitFile | null): string => {
  if (file === null) return `D ${path}\n`
  const { content, mode = "100644" } = typeof file === "string" ? { content: file } : file
  return mode === "160000"
    ? `M ${mode} ${content} ${path}\n`
    : `M ${mode} inline ${path}\n${data(content)}`
}

const firstSecond = 1_700_000_000

/** One commit in the language of `git fast-import`; `number` sets its mark and its second. */
const commitText = (
  { branch, files, message, tag }: GitCommit,
  number: number,
  parent: string | undefined,
): string =>
  [
    `commit refs/heads/${branch}\nmark :${number}\n`,
    `committer Ada Tester <ada@example.com> ${firstSecond + number} +0000\n`,
    data(message ?? `Commit ${number}`),
    parent === undefined ? "" : `from ${parent}\n`,
    ...Object.entries(files).map(([path, file]) => fileChange(path, file)),
    tag === undefined ? "" : `reset refs/tags/${tag}\nfrom :${number}\n`,
  ].join("")

/** Gone when the scope closes. */
export const gitRepository = ({
  commits,
  defaultBranch = "trunk",
  files = { "README.md": "A repository for tests\n" },
  name = "repository",
}: GitRepositoryOptions = {}): Effect.Effect<GitRepository, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const { git: servers } = yield* Effect.promise(testRig)
    const owner = `test-${randomBytes(4).toString("hex")}`
    const folder = join(servers.repositories, owner, `${name}.git`)
    yield* Effect.acquireRelease(
      Effect.promise(() => mkdir(folder, { recursive: true })),
      () =>
        Effect.promise(() =>
          rm(join(folder.slice(0, -`/${name}.git`.length)), { recursive: true, force: true }),
        ),
    )
    const git = (...args: ReadonlyArray<string>) =>
      Effect.map(output(["git", ...args], { cwd: folder }), (text) => text.trim())
    yield* git("init", "--quiet", "--bare", `--initial-branch=${defaultBranch}`)
    // As hosting services have it: any commit may be asked for, and pushes are taken.
    yield* git("config", "uploadpack.allowAnySHA1InWant", "true")
    yield* git("config", "uploadpack.allowFilter", "true")
    yield* git("config", "http.receivepack", "true")

    const hashes: Array<string> = []
    const commit = (...more: ReadonlyArray<GitCommit>) =>
      Effect.gen(function* () {
        const made: Array<string> = []
        for (const change of more) {
          const branch = change.branch ?? defaultBranch
          const refs = yield* git("for-each-ref", "--format=%(refname)", "refs/heads")
          const known = refs.split("\n").filter((ref) => ref !== "")
          const parent = [branch, defaultBranch]
            .map((candidate) => `refs/heads/${candidate}`)
            .find((ref) => known.includes(ref))
          const text = commitText(
            { ...change, branch },
            hashes.length + 1,
            parent === undefined ? undefined : `${parent}^0`,
          )
          yield* output(["git", "fast-import", "--quiet"], { cwd: folder, stdin: text })
          const hash = yield* git("rev-parse", `refs/heads/${branch}`)
          hashes.push(hash)
          made.push(hash)
        }
        return made
      })
    yield* commit(...(commits ?? [{ files }]))

    const path = `${owner}/${name}.git`
    const login = [servers.https.user, servers.https.password].map(encodeURIComponent).join(":")
    return {
      folder,
      defaultBranch,
      url: {
        https: `${servers.https.url}/${encodeURI(path)}`,
        httpsWithLogin: `${servers.https.url.replace("://", `://${login}@`)}/${encodeURI(path)}`,
        ssh: `${servers.ssh.url}/${encodeURI(path)}`,
        scp: `git@127.0.0.1:${path}`,
      },
      hashes,
      commit,
      git,
    }
  })
