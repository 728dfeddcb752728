/** Git sources: a remote and a ref to a commit, a commit to files. */
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { approveLogin, askedLogin } from "./ask.ts"
import { type Checkout, checkedOut } from "./checkout.ts"
import { type GitOptions, git } from "./command.ts"
import { type Mirror, mirrored, withoutDamaged } from "./mirror.ts"
import type { GitRemote } from "./remote.ts"

export type { Checkout } from "./checkout.ts"
export type { GitOptions } from "./command.ts"
export type { FoundRef } from "./ref.ts"
export { type GitLogin, type GitRemote, gitRemote } from "./remote.ts"

export interface GitSource {
  readonly remote: GitRemote
  /** Full hash. */
  readonly commit: string
  /** What the user's word turned out to be. */
  readonly found: Mirror["found"]
  readonly defaultBranch: string | undefined
  /** Files of the commit, in a temporary directory that lives as long as the scope. */
  readonly checkout: Effect.Effect<Checkout, Failure, CommandExecutor | Scope.Scope>
}

/**
 * `ref` is a branch, tag, short or full hash; without it the remote's own default branch counts.
 * `cache` is where mirrors are kept. Over https nothing is asked for as long as the user's own git
 * set-up has the answer; ssh asks by itself.
 */
export const gitSource = (
  remote: GitRemote,
  ref: string | undefined,
  cache: string,
  options: GitOptions,
): Effect.Effect<GitSource, Failure, CommandExecutor> => {
  const isHttps = remote.url.startsWith("https:")
  /** Where git fails, a damaged mirror may be why: it is removed then, and all is done once more. */
  const mending =
    <A, R>(using: GitOptions, commit: string | undefined, again: Effect.Effect<A, Failure, R>) =>
    <B, Q>(first: Effect.Effect<B, Failure, Q>) =>
      Effect.catchIf(
        first,
        ({ code }) => code === "E_GIT",
        (error) =>
          Effect.flatMap(withoutDamaged(remote, commit, cache, using), (gone) =>
            gone ? again : Effect.fail(error),
          ),
      )
  const found = (using: GitOptions) => {
    const mirror = (wanted: string | undefined) => mirrored(remote, wanted, cache, using)
    return Effect.map(mending(using, undefined, mirror(ref))(mirror(ref)), (first) => {
      const { commit } = first.found
      const again = Effect.flatMap(mirror(commit), (one) => checkedOut(remote, one, using))
      return {
        remote,
        commit,
        found: first.found,
        defaultBranch: first.defaultBranch,
        checkout: mending(using, commit, again)(checkedOut(remote, first, using)),
      }
    })
  }
  const quiet = isHttps ? { ...options, interactive: false } : options
  const canAsk = isHttps && options.interactive && (options.login?.password ?? "") === ""
  return Effect.catchIf(
    found(quiet),
    ({ code }) => canAsk && code === "E_GIT_AUTH",
    (refused) =>
      Effect.gen(function* () {
        const login = yield* askedLogin(remote, options)
        if (login === undefined) return yield* refused
        const source = yield* found({ ...quiet, login })
        yield* approveLogin(remote, login, options)
        return source
      }),
  )
}

/** Applies the uncommitted changes a job carries. */
export const applyPatch = (
  folder: string,
  patchFile: string,
  options: GitOptions,
): Effect.Effect<void, Failure, CommandExecutor> =>
  Effect.gen(function* () {
    const said = yield* git(
      ["-C", folder, "apply", "--whitespace=nowarn", "--", patchFile],
      options,
    )
    if (said.exitCode !== 0) {
      return yield* failure(
        "E_GIT",
        "The job's uncommitted changes (`diff.patch`) do not apply to its commit",
        {
          hints: ["The job is damaged; create it again from the working tree"],
          details: { said: said.stderr.trim() },
        },
      )
    }
  })
