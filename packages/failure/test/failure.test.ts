/** What every expected error looks like to a person and to a script. */
import { describe, expect, test } from "bun:test"
import * as Cause from "effect/Cause"
import * as FiberId from "effect/FiberId"
import {
  exitCodes,
  failure,
  failureCodes,
  failureOf,
  reasonOf,
  reportOf,
  textOf,
  withoutLogins,
} from "../src/index.ts"

describe("a failure", () => {
  test("is one line that moves no terminal, whatever value is in it", () => {
    const { hints, message } = failure("E_USAGE", "`a\nb\r\t\u001b[2J\u0085\u2028\0` is wrong", {
      hints: ["Write\nless"],
    })
    expect(message).toBe("`a\\nb\\r\\t\\u001b[2J\\u0085\\u2028\\u0000` is wrong")
    expect(hints).toEqual(["Write\\nless"])
  })

  test("is short where a value is long, and says what happened to it", () => {
    const long = "x".repeat(100_000)
    const { details, message } = failure("E_USAGE", `\`${long}\` is no state`, {
      details: { long },
    })
    expect(message).toMatch(/^`x{1999} \[\.\.\.\] x+` is no state$/)
    expect(message.length).toBeLessThan(4100)
    expect(details).toEqual({ long })
  })

  test("repeats no login of a URL", () => {
    const address = "tcp://me:plain@host:1"
    const { details, hints, message } = failure(
      "E_CONFIG",
      `\`${address}\`, https://token@host/x`,
      {
        hints: ["Try ssh://git@host/x"],
        details: { address, tried: [{ address }] },
      },
    )
    expect(message).toBe("`tcp://me:***@host:1`, https://***@host/x")
    expect(hints).toEqual(["Try ssh://git@host/x"])
    expect(details).toEqual({
      address: "tcp://me:***@host:1",
      tried: [{ address: "tcp://me:***@host:1" }],
    })
  })

  test("repeats no login of an image's name", () => {
    const { details, message } = failure("E_IMAGE_NAME", "`me:pl:ain@host:5000/x:1` is none", {
      details: { image: "me:plain@host/x", flag: "--base-image=me:plain@host/x" },
    })
    expect(message).toBe("`***@host:5000/x:1` is none")
    expect(details).toEqual({ image: "***@host/x", flag: "--base-image=***@host/x" })
  })

  test.each([
    "docker-image://busybox:1@sha256:12 is not there",
    "`host:5000/x:1@sha256:12`, busybox:1@sha512:12",
    "git@host:group/x.git, a@b:c, me@host, scope: @name/x@1, at 10:30 @home",
    "ssh://git@host/x and tcp://me:***@host",
  ])("keeps what is no login: %s", (text) => {
    expect(failure("E_BUILD", text).message).toBe(text)
  })

  test("hides nothing: characters without a width, and those that turn the direction, are written out", () => {
    expect(failure("E_USAGE", "`a\u200bb\u202ecod.py\ufeff\u2066` is wrong").message).toBe(
      "`a\\u200bb\\u202ecod.py\\ufeff\\u2066` is wrong",
    )
  })

  test("leaves every other character alone", () => {
    const text = "`日本 é 😀 👨\u200d👩 \\n \"' $x` is wrong"
    expect(failure("E_USAGE", text).message).toBe(text)
  })

  test("is told once with each hint", () => {
    const told = failure("E_USAGE", "It is wrong", { hints: ["Do this", "Do that", "Do this"] })
    expect(textOf(told)).toBe("error: It is wrong [E_USAGE]\nhint: Do this\nhint: Do that")
    expect(reportOf(told)).toEqual({
      error: {
        code: "E_USAGE",
        message: "It is wrong",
        hints: ["Do this", "Do that", "Do this"],
        details: {},
      },
    })
  })

  test("has the exit status of its code, one of the documented ones", () => {
    const known: ReadonlyArray<number> = Object.values(exitCodes)
    for (const [code, status] of Object.entries(failureCodes)) {
      expect(known).toContain(status)
      expect(status).not.toBe(0)
      expect(failure(code as keyof typeof failureCodes, "x").exitCode).toBe(status)
    }
  })
})

describe("whatever ended a program", () => {
  test("is a failure: itself, a defect, or the interruption", () => {
    const own = failure("E_GIT", "git failed")
    expect(failureOf(Cause.fail(own))).toBe(own)
    expect(failureOf(Cause.die(new Error("oops\nat line 2")))).toMatchObject({
      code: "E_DEFECT",
      message: "Internal error: oops; at line 2",
      exitCode: 70,
    })
    expect(failureOf(Cause.interrupt(FiberId.none)).code).toBe("E_INTERRUPTED")
    expect(failureOf(Cause.parallel(Cause.fail(own), Cause.interrupt(FiberId.none)))).toBe(own)
  })

  test("is too many open files, where that was the cause of the cause", () => {
    const system = Object.assign(new Error("EMFILE: too many open files, open 'x'"), {
      code: "EMFILE",
      path: "/source/x",
    })
    const own = failure("E_SOURCE_UNREADABLE", "`x` cannot be read", { cause: system })
    for (const cause of [Cause.fail(own), Cause.die(system)]) {
      expect(failureOf(cause)).toMatchObject({
        code: "E_OPEN_FILES",
        message: expect.stringMatching(
          /^Too many files are open(, of at most \d+)?; `\/source\/x` cannot be opened$/,
        ),
        hints: ["Allow more in this shell with `ulimit -n 1024`, then start again"],
        exitCode: 75,
      })
    }
  })

  test("of any kind has a reason on one line", () => {
    expect(reasonOf(new Error(" a \n\n b "))).toBe("a; b")
    expect(reasonOf("text")).toBe("text")
    expect(reasonOf(undefined)).toBe("undefined")
  })
})

describe("a login in a URL", () => {
  test.each([
    ["pip install git+https://me:t0ken@host/x", "pip install git+https://***@host/x"],
    ["https://user:pass@host/x", "https://***@host/x"],
    ["fatal: 'https://t0ken@host/x': gone", "fatal: 'https://***@host/x': gone"],
    ["https://user:p@ss@host/x and http://a:b@c", "https://***@host/x and http://***@c"],
    ["ssh://git@host/x", "ssh://git@host/x"],
    ["ssh://git:pass@host/x", "ssh://git:***@host/x"],
    ["git@host:x", "git@host:x"],
    ["https://host/a@b", "https://host/a@b"],
    ["https://host/x", "https://host/x"],
  ])("%s", (text, wanted) => {
    expect(withoutLogins(text)).toBe(wanted)
  })
})
