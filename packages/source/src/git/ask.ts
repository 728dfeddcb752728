/** A login that git asks for on the terminal: once, in its own words, with the user's own helpers. */
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { type GitOptions, git } from "./command.ts"
import type { GitRemote } from "./remote.ts"

type Asked = NonNullable<GitOptions["login"]>

const description = (remote: GitRemote, more: Readonly<Record<string, string>>): string =>
  [
    ...Object.entries({ protocol: "https", host: remote.host, ...more })
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}=${value}`),
    "",
    "",
  ].join("\n")

/** Undefined when nobody answered. */
export const askedLogin = (
  remote: GitRemote,
  options: GitOptions,
): Effect.Effect<Asked | undefined, Failure, CommandExecutor> =>
  Effect.gen(function* () {
    const known = description(remote, { username: options.login?.username ?? "" })
    const said = yield* git(["credential", "fill"], { ...options, login: undefined }, known)
    const field = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(said.stdout)?.[1] ?? ""
    const login = { username: field("username"), password: field("password") }
    return said.exitCode !== 0 || login.password === ""
      ? undefined
      : { ...login, host: remote.host }
  })

/** Tells the user's helpers that a login was right, as git does after a prompt. */
export const approveLogin = (
  remote: GitRemote,
  login: Asked,
  options: GitOptions,
): Effect.Effect<void, never, CommandExecutor> =>
  git(
    ["credential", "approve"],
    { ...options, login: undefined, interactive: false },
    description(remote, { username: login.username, password: login.password }),
  ).pipe(Effect.ignore)
