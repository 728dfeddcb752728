/** From what a user calls a commit (nothing, branch, tag, short or full hash) to the commit. */
import { byNearness, type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export interface RemoteRefs {
  /** Branch that the remote's HEAD points to; undefined on an empty repository. */
  readonly defaultBranch: string | undefined
  /** Full ref name to commit; annotated tags already peeled. */
  readonly commits: ReadonlyMap<string, string>
}

/** Reads `git ls-remote --symref`. */
export const readRefs = (stdout: string): RemoteRefs => {
  const commits = new Map<string, string>()
  let defaultBranch: string | undefined
  for (const line of stdout.split("\n")) {
    const [left = "", name = ""] = line.split("\t")
    if (name === "") continue
    const symbolic = /^ref: refs\/heads\/(.+)$/.exec(left)?.[1]
    if (symbolic !== undefined) {
      if (name === "HEAD") defaultBranch = symbolic
      continue
    }
    // `refs/tags/v1^{}` is the commit behind the annotated tag and comes after it.
    commits.set(name.replace(/\^\{\}$/, ""), left)
  }
  return { defaultBranch, commits }
}

export interface FoundRef {
  readonly commit: string
  /** `branch trunk`, `tag v1`, `commit` */
  readonly kind: "branch" | "tag" | "commit" | "ref"
  readonly name: string
}

export const isFullHash = (ref: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref)
export const isShortHash = (ref: string): boolean => /^[0-9a-f]{4,39}$/i.test(ref)

/** What the advertised refs alone can answer; undefined sends the caller to the history. */
export const findAdvertised = (refs: RemoteRefs, ref: string | undefined): FoundRef | undefined => {
  const at = (full: string, kind: FoundRef["kind"], name: string): FoundRef | undefined => {
    const commit = refs.commits.get(full)
    return commit === undefined ? undefined : { commit, kind, name }
  }
  if (ref === undefined) {
    const branch = refs.defaultBranch
    if (branch !== undefined) {
      const found = at(`refs/heads/${branch}`, "branch", branch)
      if (found !== undefined) return found
    }
    return at("HEAD", "ref", "HEAD")
  }
  return (
    at(`refs/heads/${ref}`, "branch", ref) ??
    at(`refs/tags/${ref}`, "tag", ref) ??
    at(ref, "ref", ref) ??
    at(`refs/${ref}`, "ref", ref)
  )
}

const badRef = /^-|[\p{Cc}\s~^:?*[\\]|\.\.|@\{|^$|\/$|\.lock$/u

export const checkedRef = (ref: string | undefined): Effect.Effect<string | undefined, Failure> =>
  ref !== undefined && badRef.test(ref)
    ? Effect.fail(
        failure("E_GIT_REF", `\`${ref}\` cannot be a branch, tag or commit`, {
          hints: ["Give the plain name of a branch or tag, or a commit hash"],
          details: { ref },
        }),
      )
    : Effect.succeed(ref)

const shown = 3

export const unknownRef = (url: string, ref: string, refs: RemoteRefs): Failure => {
  const names = [...refs.commits.keys()]
    .filter((name) => /^refs\/(?:heads|tags)\//.test(name))
    .map((name) => name.replace(/^refs\/(?:heads|tags)\//, ""))
  const nearest = byNearness(ref, names).slice(0, shown)
  return failure("E_GIT_REF", `\`${url}\` has no branch, tag or commit \`${ref}\``, {
    hints:
      nearest.length === 0
        ? ["The repository is empty"]
        : [`The nearest existing are ${nearest.map((name) => `\`${name}\``).join(", ")}`],
    details: { remote: url, ref, nearest },
  })
}
