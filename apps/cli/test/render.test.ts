/** Tables and times as people see them, and as programs do. */
import { describe, expect, test } from "bun:test"
import { humanSize } from "@relaunch/build"
import { told } from "../src/commands/builder-prune.ts"
import { builderTable } from "../src/render/builders.ts"
import { cut, ellipsisFor } from "../src/render/cut.ts"
import { table } from "../src/render/table.ts"
import { age, localTime, since } from "../src/render/text.ts"

const head = ["id", "name"]
const rows = [
  ["1", "a name that is too long for any narrow terminal"],
  ["2", "日本語の名前 👨‍👩‍👧"],
  ["3", "line\nbreak \u001b[31m"],
]

describe("a table", () => {
  test("is whole and has tabs where nobody looks at it, control bytes made visible", () => {
    expect(table(head, rows, undefined).split("\n")).toEqual([
      "id\tname",
      "1\ta name that is too long for any narrow terminal",
      "2\t日本語の名前 👨‍👩‍👧",
      "3\tline\\x0abreak \\x1b[31m",
    ])
  })

  test("shows characters that would hide others: without a width, or turning the direction", () => {
    expect(table(head, [["1", "a\u200bb\u202ecod.py\ufeff"]], undefined)).toEndWith(
      "1\ta\\u200bb\\u202ecod.py\\ufeff",
    )
  })

  for (const columns of [20, 24, 40, 100]) {
    test(`fits ${columns} columns, with wide letters as wide as they are`, () => {
      const lines = table(head, rows, columns).split("\n")
      expect(lines.every((line) => Bun.stringWidth(line) <= columns)).toBe(true)
      // The second column begins at the same cell everywhere.
      expect(lines.map((line) => line.slice(0, 4))).toEqual(["ID  ", "1   ", "2   ", "3   "])
    })
  }

  test("of many columns fits a terminal that is too narrow for them", () => {
    const many = Array.from({ length: 7 }, (_, at) => `column ${at} of many`)
    for (const columns of [10, 30, 40, 60]) {
      const lines = table(many, [many, many], columns).split("\n")
      const widest = Math.max(...lines.map((line) => Bun.stringWidth(line)))
      expect(widest).toBeLessThanOrEqual(columns)
    }
  })

  test("says where it was cut, in ASCII where the locale has no more", () => {
    expect(cut("日本語の名前", 7, "…")).toBe("日本語…")
    expect(cut("abcdefgh", 6, "...")).toBe("abc...")
    // Of several code points, and of one that takes no cell of its own.
    expect(cut("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 5, "…")).toBe("👨‍👩‍👧👨‍👩‍👧…")
    expect(cut("e\u0301tude", 5, "…")).toBe("e\u0301tude")
    expect(ellipsisFor({ LANG: "en_US.UTF-8" })).toBe("…")
    expect(ellipsisFor({ LANG: "en_US.UTF-8", LC_ALL: "C" })).toBe("...")
    expect(ellipsisFor({})).toBe("…")
  })
})

test("a time in a table is an age for people, and itself for programs", () => {
  const time = new Date(Date.now() - 3_600_000).toISOString()
  expect(since(time, true)).toBe("1 h ago")
  expect(since(time, false)).toBe(localTime(time))
})

test("a time is in the local zone, with its offset", () => {
  const zone = process.env["TZ"]
  try {
    process.env["TZ"] = "Asia/Kolkata"
    expect(localTime("2026-11-24T10:15:00.000Z")).toBe("2026-11-24 15:45:00 +05:30")
    process.env["TZ"] = "America/New_York"
    expect(localTime("2026-11-24T10:15:00.000Z")).toBe("2026-11-24 05:15:00 -05:00")
  } finally {
    if (zone === undefined) delete process.env["TZ"]
    else process.env["TZ"] = zone
  }
})

describe("builders", () => {
  const reason = `No BuildKit answers: Could not connect to \`unix:///${"x".repeat(60)}.sock\`: no such socket`
  const listed = [
    {
      ...{ name: "docker", chosen: true, reachable: true, address: "unix:///d.sock", score: 180 },
      ...{ version: "20.10.24+dfsg1", reason: "DOCKER_HOST is set (+100), it answers (+50)" },
      features: { cacheMounts: true, secretMounts: true, rewrittenTimestamps: false },
    },
    {
      ...{ name: "buildkit", chosen: false, reachable: false, address: null, score: 0 },
      ...{ version: null, features: null, reason },
    },
  ]

  test("are told whole on a narrow terminal, their reasons below the table", () => {
    expect(builderTable(listed, 60).split("\n")).toEqual([
      "BUILDER   REACHABLE  VERSION         SCORE",
      "docker *  yes        20.10.24+dfsg1  180",
      "buildkit  no                         0",
      "",
      "docker: DOCKER_HOST is set (+100), it answers (+50)",
      "  at unix:///d.sock",
      "  with cache mounts, secret mounts",
      `buildkit: ${reason}`,
    ])
  })

  test("are one line each where nobody looks at it", () => {
    expect(builderTable(listed, undefined).split("\n").slice(1)).toEqual([
      "docker *\tyes\t20.10.24+dfsg1\tcache mounts, secret mounts\tunix:///d.sock\t180\tDOCKER_HOST is set (+100), it answers (+50)",
      `buildkit\tno\t\t\t\t0\t${reason}`,
    ])
  })

  test("say in the local zone when a record of their cache was used", () => {
    const lastUsedAt = "2026-11-24T10:15:00.000Z"
    const entry = { id: "a", size: 1000, description: "RUN make", lastUsedAt }
    const text = told("docker", { entries: [entry], freed: 1000 }, true)
    expect(text).toContain(localTime(lastUsedAt))
    expect(text).not.toContain(lastUsedAt)
  })
})

test("an age and a size are for people: the largest unit that fits, powers of ten", () => {
  const now = Date.parse("2026-11-24T10:15:00.000Z")
  const ago = (seconds: number) => age(new Date(now - seconds * 1000).toISOString(), now)
  expect([0, 59, 60, 3599, 3600, 86_399, 86_400].map(ago)).toEqual([
    "0 s ago",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "1 h ago",
    "23 h ago",
    "1 d ago",
  ])
  // A clock that was ahead.
  expect(ago(-60)).toBe("0 s ago")
  expect([0, 999, 1000, 1_500_000, 2_000_000_000].map(humanSize)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "1.5 MB",
    "2.0 GB",
  ])
})
