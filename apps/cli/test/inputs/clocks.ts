/** Clocks and zones that are wrong, and files from another time, each through a launch. */
import * as fs from "node:fs"
import { join } from "node:path"
import { gitRepository } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { withClock } from "../wrong-clock.ts"
import { type BadInput, code, main } from "./case.ts"

const taken = { answer: { says: /^run \w+ finished/ }, stored: { jobs: 1, runs: 1 } } as const

const launched = (title: string, offset: string, env: Record<string, string> = {}): BadInput => ({
  title,
  files: main,
  args: code,
  env,
  setUp: () => Effect.succeed({ program: withClock(offset) }),
  ...taken,
})

/** A remote whose certificate is of today. */
const remoteAt = (title: string, offset: string, day: RegExp): BadInput => ({
  title,
  args: ["-p", "demo", "-E", "python main.py"],
  setUp: () =>
    Effect.map(gitRepository({ files: main }), ({ url }) => ({
      program: withClock(offset),
      args: ["--uri", url.https],
    })),
  answer: {
    code: "E_GIT_AUTH",
    message: /^The certificate of `https:.*` is not trusted$/,
    hint: day,
  },
})

/** Some time of the files that the source has. */
const dated = (title: string, time: string): BadInput => ({
  title,
  files: main,
  args: code,
  setUp: ({ folder }) =>
    Effect.sync(() => {
      const date = new Date(time)
      for (const name of ["main.py", "."]) fs.utimesSync(join(folder, name), date, date)
      return {}
    }),
  ...taken,
})

export const clocks: ReadonlyArray<BadInput> = [
  launched("a clock of three years ago", "-3y"),
  launched("a clock beyond 2038", "@2038-01-20 03:00:00"),
  remoteAt(
    "a clock before the certificate of a remote",
    "@2001-01-01 12:00:00",
    /wrong clock .*; it is 2001-01-01/,
  ),
  remoteAt(
    "a clock beyond the certificate of a remote",
    "@2120-01-01 12:00:00",
    /wrong clock .*; it is 2120-01-01/,
  ),
  launched("the hour that summer time leaves out", "@2027-03-28 01:59:59", {
    TZ: "Europe/Berlin",
  }),
  launched("the hour that comes twice", "@2027-10-31 02:59:58", { TZ: "Europe/Berlin" }),
  launched("a time zone that is none", "+0", { TZ: "Nowhere/Land" }),
  dated("files of the year 2100", "2100-01-01T00:00:00Z"),
  dated("files of 1902", "1902-01-01T00:00:00Z"),
]
