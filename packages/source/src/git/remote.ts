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

const refused = (uri: string, why: string) =>
  failure("E_GIT_URL", `Git remote \`${redactUrl(uri)}\` is refused: ${why}`, {
    hints: [
      "Use `https://host/team/repo.git`, `ssh://git@host/team/repo.git` or `git@host:team/repo.git`",
    ],
  })

/** Hides user name and password of every URL in a text. */
export const redactUrl = (text: string): string =>
  text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^/\s@'"]*)@/gi, (_, scheme: string, user: string) =>
    /^ssh:|\+ssh:/i.test(scheme) && !user.includes(":") ? `${scheme}${user}@` : `${scheme}***@`,
  )

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const unprintable = /[\p{Cc}\s]/u

const fromUrl = (uri: string): Effect.Effect<GitRemote, Failure> =>
  Effect.gen(function* () {
    const plain = uri.replace(/^git\+(?=https:|ssh:)/i, "")
    const url = URL.parse(plain)
    if (url === null) return yield* refused(uri, "it is not a URL")
    if (url.protocol !== "https:" && url.protocol !== "ssh:") {
      return yield* refused(uri, "only https and ssh are used")
    }
    if (url.hostname === "" || url.hostname.startsWith("-") || url.username.startsWith("-")) {
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
  if (unprintable.test(uri)) return Effect.fail(refused(uri, "it holds blanks or control bytes"))
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) return fromUrl(uri)
  if (/^[a-z0-9+.-]*::/i.test(uri)) return Effect.fail(refused(uri, "only https and ssh are used"))
  const [, user = "", host = "", path = ""] = /^(?:([^@/:]+)@)?([^@/:]+):(.+)$/.exec(uri) ?? []
  if (host === "" || path === "") return Effect.fail(refused(uri, "it is not a remote"))
  if (host.startsWith("-") || user.startsWith("-") || path.startsWith("-")) {
    return Effect.fail(refused(uri, "a part of it starts with a dash"))
  }
  return Effect.succeed({ url: uri, host, login: {} })
}
