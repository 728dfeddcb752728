/** One precedence for all settings, and an origin for every value. */
import { describe, expect, test } from "bun:test"
import { userInfo } from "node:os"
import { join } from "node:path"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { locations, settings, variablesOf } from "../src/index.ts"
import { files, type Given, settingsOf } from "./user.ts"

const everywhere: Given = {
  flags: [["builder", "flag"]],
  env: { RELAUNCH_BUILDER: "variable" },
  files: {
    [files.project]: "# first\nbuilder: project\n",
    [files.user]: "builder: user\n",
    [files.wandb]: "builder:\n  type: wandb\n",
  },
}

const without = (...paths: ReadonlyArray<string>) => ({
  files: Object.fromEntries(
    Object.entries(everywhere.files ?? {}).filter(([path]) => !paths.includes(path)),
  ),
})

describe("a setting comes from", () => {
  for (const [given, value, origin] of [
    [everywhere, "flag", "--builder"],
    [{ ...everywhere, flags: [] }, "variable", "RELAUNCH_BUILDER"],
    [{ files: everywhere.files ?? {} }, "project", "~/project/relaunch.yaml:2"],
    [without(files.project), "user", "~/.config/relaunch/config.yaml:1"],
    [without(files.project, files.user), "wandb", "~/.config/wandb/launch-config.yaml:1"],
    [{}, "auto", "default"],
    [
      { ...everywhere, flags: [], env: { RELAUNCH_BUILDER: "" } },
      "project",
      "~/project/relaunch.yaml:2",
    ],
  ] as const) {
    effect(`${origin}: ${value}`, () =>
      Effect.gen(function* () {
        const { get } = yield* settingsOf(given)
        expect(get("builder")).toEqual({ value, origin })
      }),
    )
  }

  effect("its own variable before W&B's of the same meaning", () =>
    Effect.gen(function* () {
      const both = yield* settingsOf({ env: { RELAUNCH_PROJECT: "ours", WANDB_PROJECT: "theirs" } })
      expect(both.get("project")).toEqual({ value: "ours", origin: "RELAUNCH_PROJECT" })
      const one = yield* settingsOf({ env: { WANDB_PROJECT: "theirs" } })
      expect(one.get("project")).toEqual({ value: "theirs", origin: "WANDB_PROJECT" })
    }),
  )

  effect("nowhere, and then it has no value", () =>
    Effect.gen(function* () {
      const { get } = yield* settingsOf({})
      expect([get("platform"), get("project"), get("env")]).toEqual([
        undefined,
        undefined,
        undefined,
      ])
      expect(get("entity")).toEqual({ value: "local", origin: "default" })
    }),
  )

  effect("the nearest project file, up to the repository's root and no further", () =>
    Effect.gen(function* () {
      const tree = {
        "relaunch.yaml": "project: outside\n",
        "project/.git/HEAD": "",
        "project/relaunch.yaml": "project: root\n",
        "project/sub/relaunch.yml": "project: sub\n",
        "project/other/x": "",
      }
      expect((yield* settingsOf({ files: tree, at: "project/sub" })).get("project")?.value).toBe(
        "sub",
      )
      expect((yield* settingsOf({ files: tree, at: "project/other" })).get("project")?.value).toBe(
        "root",
      )
      const { "project/relaunch.yaml": _, ...rest } = tree
      expect(
        (yield* settingsOf({ files: rest, at: "project/other" })).get("project"),
      ).toBeUndefined()
    }),
  )

  effect("another source than the one the command line names: that one is hidden", () =>
    Effect.gen(function* () {
      const given = {
        env: { RELAUNCH_JOB: "team/x" },
        files: { [files.project]: "docker-image: python:3\n" },
      }
      const hidden = yield* settingsOf({ ...given, flags: [["uri", "."]] })
      expect([hidden.get("job"), hidden.get("docker-image")]).toEqual([undefined, undefined])
      expect((yield* settingsOf(given)).get("job")?.value).toBe("team/x")
    }),
  )
})

describe("a variable", () => {
  for (const [name, text, key, value] of [
    ["RELAUNCH_CODE_LIMIT", "1000", "code-limit", 1000],
    ["RELAUNCH_NO_INPUT", "1", "no-input", true],
    ["RELAUNCH_NO_INPUT", "Yes", "no-input", true],
    ["RELAUNCH_NO_INPUT", "off", "no-input", false],
    ["RELAUNCH_NO_INPUT", "", "no-input", false],
    ["RELAUNCH_SECRET", "A, B=env:C,,", "secret", ["A", "B=env:C"]],
    ["RELAUNCH_ENV", "A=1,B=x y", "env", { A: "1", B: "x y" }],
    ["RELAUNCH_ENV", "A=b=c==", "env", { A: "b=c==" }],
    ["RELAUNCH_PROGRESS", "plain", "progress", "plain"],
  ] as const) {
    effect(`${name}=${text} is ${JSON.stringify(value)}`, () =>
      Effect.gen(function* () {
        const { get } = yield* settingsOf({ env: { [name]: text } })
        expect(get(key)).toEqual({ value, origin: name })
      }),
    )
  }

  for (const [name, text, message] of [
    ["RELAUNCH_CODE_LIMIT", "-1", "RELAUNCH_CODE_LIMIT is `-1`, not a whole number"],
    ["RELAUNCH_CODE_LIMIT", "1e3", "RELAUNCH_CODE_LIMIT is `1e3`, not a whole number"],
    ["RELAUNCH_ASYNC", "maybe", "RELAUNCH_ASYNC is `maybe`, not true or false"],
    ["RELAUNCH_ENV", "A:plain", "RELAUNCH_ENV is not of the form `NAME=value,NAME=value`"],
    [
      "RELAUNCH_PROGRESS",
      "loud",
      "RELAUNCH_PROGRESS is `loud`, not one of auto, plain, tty, json, quiet",
    ],
  ] as const) {
    effect(`${name}=${text} is refused`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(settingsOf({ env: { [name]: text } }))
        expect([failed.code, failed.message]).toEqual(["E_CONFIG", message])
        expect(failed.hints).not.toEqual([])
      }),
    )
  }
})

describe("the table of settings", () => {
  effect("gives every setting a key, a variable and a short flag of its own", () =>
    Effect.sync(() => {
      const keys = settings.map(({ key }) => key)
      const variables = settings.flatMap((setting) => variablesOf(setting))
      const shorts = settings.flatMap((setting) => ("short" in setting ? [setting.short] : []))
      for (const names of [keys, variables, shorts])
        expect(new Set<string>(names).size).toBe(names.length)
    }),
  )
})

describe("places on this machine", () => {
  test("are those of the user whom the machine knows where HOME is empty or missing", () => {
    const { homedir } = userInfo()
    for (const env of [{}, { HOME: "" }, { HOME: "relative" }])
      expect(locations(env, "/").home).toBe(join(homedir, ".local/share/relaunch"))
  })

  effect("follow XDG and RELAUNCH_HOME", () =>
    Effect.gen(function* () {
      const { home, locations } = yield* settingsOf({})
      expect(locations).toMatchObject({
        home: join(home, ".local/share/relaunch"),
        cache: join(home, ".cache/relaunch"),
        userFile: join(home, ".config/relaunch/config.yaml"),
        wandbFile: join(home, ".config/wandb/launch-config.yaml"),
        projectFile: undefined,
      })
      const moved = yield* settingsOf({
        env: {
          RELAUNCH_HOME: "store",
          XDG_CACHE_HOME: "/c",
          XDG_CONFIG_HOME: "/conf",
          XDG_DATA_HOME: "/d",
          WANDB_CONFIG_DIR: "/w",
        },
      })
      expect(moved.locations).toMatchObject({
        home: join(moved.home, "project/store"),
        cache: join(moved.home, "project/store/cache"),
        userFile: "/conf/relaunch/config.yaml",
        wandbFile: "/w/launch-config.yaml",
      })
      // The specification: relative paths in these variables are ignored.
      const relative = yield* settingsOf({ env: { XDG_DATA_HOME: "data", XDG_CACHE_HOME: "" } })
      expect(relative.locations.home).toBe(join(relative.home, ".local/share/relaunch"))
      expect(relative.locations.cache).toBe(join(relative.home, ".cache/relaunch"))
    }),
  )
})
