/** A commit as files in a temporary directory that goes when the scope does. */
import * as fs from "node:fs"
import { join } from "node:path"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { Failure } from "@relaunch/failure"
import { temporaryFolder } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type GitOptions, git } from "./command.ts"
import type { Mirror } from "./mirror.ts"
import { gitFailure } from "./refusal.ts"
import type { GitRemote } from "./remote.ts"

/** The pointer text that Git LFS leaves where a file should be. */
const lfsPointer = "version https://git-lfs.github.com/spec/"

export interface Checkout {
  readonly folder: string
  readonly warnings: ReadonlyArray<string>
}

const submodules = (
  inFolder: (...args: ReadonlyArray<string>) => ReturnType<typeof git>,
  folder: string,
  remote: GitRemote,
) =>
  fs.existsSync(join(folder, ".gitmodules"))
    ? Effect.gen(function* () {
        const updated = yield* inFolder(
          "submodule",
          "--quiet",
          "update",
          "--init",
          "--recursive",
          "--depth=1",
        )
        if (updated.exitCode !== 0) return yield* gitFailure(`${remote.url} (submodules)`, updated)
      })
    : Effect.void

const lfsWarnings = (
  inFolder: (...args: ReadonlyArray<string>) => ReturnType<typeof git>,
  remote: GitRemote,
) =>
  Effect.gen(function* () {
    const attributes = yield* inFolder("grep", "--cached", "-l", "-e", lfsPointer, "--", ".")
    const pointers = attributes.stdout.split("\n").filter((path) => path !== "")
    if (pointers.length === 0) return []
    const installed = yield* inFolder("lfs", "version")
    if (installed.exitCode === 0) {
      const pulled = yield* inFolder("lfs", "pull")
      if (pulled.exitCode !== 0) return yield* gitFailure(`${remote.url} (LFS)`, pulled)
      return []
    }
    return [
      `${pointers.length} file${pointers.length === 1 ? " is" : "s are"} kept in Git LFS and only pointers were fetched (${pointers[0]}); install git-lfs`,
    ]
  })

/** Shares the mirror's objects, so that nothing is copied but the files. */
export const checkedOut = (
  remote: GitRemote,
  { folder: mirror, found }: Mirror,
  options: GitOptions,
): Effect.Effect<Checkout, Failure, CommandExecutor | Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder("git")
    const inFolder = (...args: ReadonlyArray<string>) => git(["-C", folder, ...args], options)
    const must = (...args: ReadonlyArray<string>) =>
      Effect.flatMap(inFolder(...args), (said) =>
        said.exitCode === 0 ? Effect.void : Effect.fail(gitFailure(remote.url, said)),
      )
    yield* must("init", "--quiet")
    yield* Effect.sync(() => {
      fs.writeFileSync(join(folder, ".git/objects/info/alternates"), `${join(mirror, "objects")}\n`)
      const shallow = join(mirror, "shallow")
      if (fs.existsSync(shallow)) fs.copyFileSync(shallow, join(folder, ".git/shallow"))
    })
    // Relative submodule URLs are resolved against this.
    yield* must("config", "remote.origin.url", remote.url)
    yield* must("checkout", "--quiet", "--force", "--detach", found.commit)
    yield* submodules(inFolder, folder, remote)
    const warnings = yield* lfsWarnings(inFolder, remote)
    return { folder, warnings }
  })
