/** Git remotes as people write them, and as those do who mean harm. */
import { describe, expect } from "bun:test"
import { effect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { gitRemote, locate } from "../src/index.ts"

interface Taken {
  readonly url: string
  readonly host: string
  readonly login?: Readonly<Record<string, string>>
}

const same = (url: string, host: string): readonly [string, Taken] => [url, { url, host }]

const taken: ReadonlyArray<readonly [string, Taken]> = [
  same("https://host.example/team/repo.git", "host.example"),
  same("https://host.example/team/repo", "host.example"),
  same("https://host.example:8443/a/b/c/d", "host.example:8443"),
  same("https://127.0.0.1/digits", "127.0.0.1"),
  same("https://[::1]:8443/team/repo.git", "[::1]:8443"),
  same("https://host.example/~user/repo.git", "host.example"),
  same("https://host.example/with%20blank/repo", "host.example"),
  same("https://host.example/a/b/git", "host.example"),
  same("ssh://git@host.example/team/repo.git", "host.example"),
  same("ssh://host.example:2222/~/repo", "host.example"),
  same("ssh://git@[::1]:22/repo", "[::1]"),
  same("git@host.example:team/repo.git", "host.example"),
  same("host.example:repo", "host.example"),
  same("me.too@host:/srv/git/repo", "host"),
  same("git@host.example:~/repo", "host.example"),
  same("git@[2001:db8::1]:team/repo.git", "[2001:db8::1]"),
  ["git+https://host.example/x", { url: "https://host.example/x", host: "host.example" }],
  ["git+ssh://git@host.example/x", { url: "ssh://git@host.example/x", host: "host.example" }],
  ["HTTPS://Host.example/Team/x", { url: "https://Host.example/Team/x", host: "host.example" }],
  [
    "https://user:pass@host.example/x",
    {
      url: "https://host.example/x",
      host: "host.example",
      login: { username: "user", password: "pass" },
    },
  ],
  [
    "https://us%40er:p%40ss%3Aw%2Frd@host.example:1/x",
    {
      url: "https://host.example:1/x",
      host: "host.example:1",
      login: { username: "us@er", password: "p@ss:w/rd" },
    },
  ],
  [
    "https://user:p@ss@host.example/x",
    {
      url: "https://host.example/x",
      host: "host.example",
      login: { username: "user", password: "p@ss" },
    },
  ],
  [
    "https://t0ken@host.example/x",
    { url: "https://host.example/x", host: "host.example", login: { username: "t0ken" } },
  ],
  ["ssh://git:s3cret@host.example/x", { url: "ssh://git@host.example/x", host: "host.example" }],
]

const schemes = "only https and ssh are used"
const blanks = "it holds blanks, backslashes or control bytes"
const dash = "it starts with a dash"
const partDash = "a part of it starts with a dash"

const refused: ReadonlyArray<readonly [string, string]> = [
  ["-", dash],
  ["--upload-pack=touch /tmp/x", dash],
  ["-oProxyCommand=x:y", dash],
  ["--end-of-options", dash],
  ["ext::sh -c touch% /tmp/x", blanks],
  ["ext::sh", schemes],
  ["fd::17", schemes],
  ["testgit::x", schemes],
  ["file:///etc/passwd", schemes],
  ["file://localhost/etc", schemes],
  ["http://host.example/x", schemes],
  ["git://host.example/x", schemes],
  ["ftp://host.example/x", schemes],
  ["javascript://host.example/x", schemes],
  ["git+file:///etc", schemes],
  ["https+ext://host.example/x", schemes],
  ["ssh://-oProxyCommand=touch/x", "the host is not a name"],
  ["ssh://%2doProxyCommand=touch/x", "the host is not a name"],
  ["ssh://-x@host.example/x", "the host is not a name"],
  ["ssh://%2Dx@host.example/x", "the host is not a name"],
  ["-x@host:path", dash],
  ["git@-host:path", partDash],
  ["git@host:-path", partDash],
  ["git@host:", "it is not a remote"],
  ["@host:path", "it is not a remote"],
  ["plain", "it is not a remote"],
  ["", "it is not a remote"],
  ["https://", "it is not a URL"],
  ["https:///host.example/x", "it is not a URL"],
  ["https://host.example:99999/x", "it is not a URL"],
  ["https://user:p/w@host.example/x", "it is not a URL"],
  ["https://host.example", "it has no path"],
  ["https://host.example/", "it has no path"],
  ["ssh://host.example", "it has no path"],
  ["https://host.example\\@evil.example/x", blanks],
  ["https://host.example/a b", blanks],
  ["https://host.example/a\nb", blanks],
  ["https://host.example/\u0000", blanks],
  ["git@host:a\tb", blanks],
  [" https://host.example/x", blanks],
  ["https://host.example/\u001b[2J", blanks],
]

describe("a remote is taken:", () => {
  for (const [uri, { login = {}, ...wanted }] of taken) {
    effect(uri, () =>
      Effect.gen(function* () {
        expect(yield* gitRemote(uri)).toEqual({ ...wanted, login })
      }),
    )
  }
})

describe("a remote is refused:", () => {
  for (const [uri, why] of refused) {
    effect(JSON.stringify(uri), () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(gitRemote(uri))
        expect(failed.code).toBe("E_GIT_URL")
        expect(failed.message).toEndWith(` is refused: ${why}`)
        expect(failed.message).not.toMatch(/\p{Cc}/u)
        expect(failed.hints).not.toEqual([])
      }),
    )
  }

  for (const uri of [
    "http://user:s3cret@host.example/x",
    "https://user:a/s3cret@host.example/x",
    "https://user:a@s3cret@host.example",
    "https://user:s3 cret@host.example/x",
    "https://s3cret@host.example:99999/x",
    "ftp://user:x\ns3cret@host.example/x",
  ]) {
    effect(`${JSON.stringify(uri)} without its login in the message`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(gitRemote(uri))
        expect(JSON.stringify([failed.message, failed.hints, failed.details])).not.toMatch(
          /s3|cret/,
        )
      }),
    )
  }
})

describe("what `--uri` means", () => {
  effect("is decided by what is there", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "git/x": "",
        "a/b/git/x": "",
        "host:path/x": "",
        "file.git": "",
        "repo.git/HEAD": "",
      })
      for (const path of [
        ".",
        "git",
        "a/b/git",
        "./a/b",
        "host:path",
        "repo.git",
        `${folder}/git`,
      ]) {
        expect((yield* locate(path, folder))._tag).toBe("Directory")
      }
      for (const uri of ["https://host.example/x", "git@host:x", "host:other", "ssh://host/x"]) {
        expect((yield* locate(uri, folder))._tag).toBe("Git")
      }
      for (const [uri, message] of [
        ["file.git", "`file.git` is a file, not a directory or a git remote"],
        ["nothing", "There is no directory `nothing`"],
        ["github", "There is no directory `github`"],
        ["a/b/nothing.git", "There is no directory `a/b/nothing.git`"],
        ["", undefined],
      ] as const) {
        if (message === undefined) continue
        const failed = yield* Effect.flip(locate(uri, folder))
        expect([failed.code, failed.message]).toEqual(["E_SOURCE_NOT_FOUND", message])
      }
      for (const uri of ["file:///etc", "http://host/x", "ext::sh -c id", "-x:y"]) {
        expect((yield* Effect.flip(locate(uri, folder))).code).toBe("E_GIT_URL")
      }
    }),
  )
})
