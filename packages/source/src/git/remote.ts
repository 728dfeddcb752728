/** Git remotes as users write them: https, ssh and the scp-like form, nothing else. */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export interface GitLogin {
  readonly username: string
  readonly password: string
}

export interface GitRemote {
  /** Without credentials; the transport is the user's. This is what a job records. */
  readonly url: string
  readonly host: string
  /** User name and password that were written into an https URL. */
  readonly login: Partial<GitLogin>
}

/** Of a text that is no proper URL, all that might be a login. */
const withoutLogin = (uri: string): string =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) ? uri.replace(/(:\/\/).*@/s, "$1***@") : uri

const refused = (uri: string, why: string) =>
  failure("E_GIT_URL", `Git remote \`${withoutLogin(uri)}\` is refused: ${why}`, {
    hints: [
      "Use `https://host/team/repo.git`, `ssh://git@host/team/repo.git` or `git@host:team/repo.git`",
    ],
  })

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What URL readers disagree about (a backslash is a slash to some), or what no name has. */
const unprintable = /[\p{Cc}\s\\]/u

/** git decodes names before it hands them to ssh as words. */
const startsWithDash = (name: string): boolean => decoded(name).startsWith("-")

const fromUrl = (uri: string): Effect.Effect<GitRemote, Failure> =>
  Effect.gen(function* () {
    const plain = uri
      .replace(/^git\+(?=https:|ssh:)/i, "")
      .replace(/^[a-z]+:/i, (scheme) => scheme.toLowerCase())
    if (!/^(?:https|ssh):/.test(plain)) return yield* refused(uri, "only https and ssh are used")
    const url = /^[a-z]+:\/\/[^/?#]/.test(plain) ? URL.parse(plain) : null
    if (url === null) return yield* refused(uri, "it is not a URL")
    if (url.hostname === "" || startsWithDash(url.hostname) || startsWithDash(url.username)) {
      return yield* refused(uri, "the host is not a name")
    }
    if (url.pathname === "" || url.pathname === "/") return yield* refused(uri, "it has no path")
    if (url.protocol === "ssh:") {
      return {
        url: plain.replace(/^(ssh:\/\/[^/:@]*):[^/@]*@/i, "$1@"),
        host: url.hostname,
        login: {},
      }
    }
    const login = {
      ...(url.username === "" ? {} : { username: decoded(url.username) }),
      ...(url.password === "" ? {} : { password: decoded(url.password) }),
    }
    return { url: plain.replace(/^(https:\/\/)[^/]*@/i, "$1"), host: url.host, login }
  })

export const gitRemote = (uri: string): Effect.Effect<GitRemote, Failure> => {
  if (uri.startsWith("-")) return Effect.fail(refused(uri, "it starts with a dash"))
  if (unprintable.test(uri))
    return Effect.fail(refused(uri, "it holds blanks, backslashes or control bytes"))
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) return fromUrl(uri)
  if (/^[a-z0-9+.-]*::/i.test(uri)) return Effect.fail(refused(uri, "only https and ssh are used"))
  const [, user = "", host = "", path = ""] =
    /^(?:([^@/:]+)@)?(\[[\da-f:.]+\]|[^@/:]+):(.+)$/i.exec(uri) ?? []
  if (host === "" || path === "") return Effect.fail(refused(uri, "it is not a remote"))
  if (host.startsWith("-") || user.startsWith("-") || path.startsWith("-")) {
    return Effect.fail(refused(uri, "a part of it starts with a dash"))
  }
  return Effect.succeed({ url: uri, host, login: {} })
}
