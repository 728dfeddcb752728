/** `relaunch config show` is what people paste into questions: it tells no secret that a setting holds. */
import { describe, expect } from "bun:test"
import { effect, relaunchCli } from "@relaunch/testing"
import * as Effect from "effect/Effect"

const secret = "plain-7f3a91"

describe("the settings that are shown", () => {
  for (const [setting, env, shown] of [
    ["uri", { RELAUNCH_URI: `https://me:${secret}@host/x.git` }, "https://***@host/x.git"],
    ["uri", { RELAUNCH_URI: "ssh://git@host/x.git" }, "ssh://git@host/x.git"],
    ["env", { RELAUNCH_ENV: `DB_PASS=${secret},LEVEL=3` }, { DB_PASS: "***", LEVEL: "3" }],
    [
      "config",
      { RELAUNCH_CONFIG: `{"overrides": {"run_config": {"api_key": "${secret}", "lr": 1}}}` },
      '{"overrides": {"run_config": {"api_key": "***", "lr": 1}}}',
    ],
    [
      "resource-args",
      { RELAUNCH_RESOURCE_ARGS: `{"env": ["HUB_TOKEN=${secret}"], "cpus": 2}` },
      '{"env": ["HUB_TOKEN=***"], "cpus": 2}',
    ],
    ["secret", { RELAUNCH_SECRET: "HUB_TOKEN=env:OTHER,KEY=-" }, ["HUB_TOKEN=env:OTHER", "KEY=-"]],
  ] as const) {
    effect(`hold no secret: ${Object.entries(env)}`, () =>
      Effect.gen(function* () {
        const { code, stdout } = yield* relaunchCli(["config", "show", "--json"], { env })
        const found: ReadonlyArray<{ readonly setting: string; readonly value: unknown }> =
          JSON.parse(stdout)
        expect([code, found.find((each) => each.setting === setting)?.value]).toEqual([0, shown])
      }),
    )
  }
})
