/**
 * What a `--uri` means, decided by what is there: an existing directory, a URL, or an scp-like
 * remote. The letters of the text decide nothing.
 */
import * as fs from "node:fs"
import { resolve } from "node:path"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { type GitRemote, gitRemote } from "./git/remote.ts"

export type Location =
  | { readonly _tag: "Directory"; readonly path: string }
  | { readonly _tag: "Git"; readonly remote: GitRemote }

const kindOf = (path: string): "directory" | "file" | undefined => {
  try {
    return fs.statSync(path).isDirectory() ? "directory" : "file"
  } catch {
    return undefined
  }
}

const looksRemote = (uri: string): boolean =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) || /^[^/\\\s:]+@?[^/\\\s:]*:(?!\\).+/.test(uri)

/** `E_SOURCE_NOT_FOUND` for a file or nothing at all, `E_GIT_URL` for a transport that is refused. */
export const locate = (uri: string, workingDirectory: string): Effect.Effect<Location, Failure> => {
  const path = resolve(workingDirectory, uri)
  const kind = kindOf(path)
  if (kind === "directory") return Effect.succeed({ _tag: "Directory", path })
  if (kind === "file") {
    return Effect.fail(
      failure("E_SOURCE_NOT_FOUND", `\`${uri}\` is a file, not a directory or a git remote`, {
        hints: ["Name the directory that holds it, and the file in `--entry-point`"],
        details: { uri, path },
      }),
    )
  }
  if (looksRemote(uri)) {
    return Effect.map(gitRemote(uri), (remote) => ({ _tag: "Git", remote }))
  }
  return Effect.fail(
    failure("E_SOURCE_NOT_FOUND", `There is no directory \`${uri}\``, {
      hints: [
        "Give a directory, or a git remote such as `https://host/team/repo.git` or `git@host:team/repo.git`",
      ],
      details: { uri, path },
    }),
  )
}
