/** The command line runs in a home of its own and sees nothing of this process's settings. */
import { expect } from "bun:test"
import * as Effect from "effect/Effect"
import { liveEffect, temporaryFolder } from "../src/index.ts"
import { cliEnvironment } from "../src/relaunch-cli.ts"

liveEffect("a command's environment has its own home and none of the user's settings", () =>
  Effect.gen(function* () {
    const before = process.env["WANDB_API_KEY"]
    process.env["WANDB_API_KEY"] = "the user's"
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        if (before === undefined) delete process.env["WANDB_API_KEY"]
        else process.env["WANDB_API_KEY"] = before
      }),
    )
    const home = yield* temporaryFolder()
    const environment = cliEnvironment(home, { EXTRA: "1" })
    expect(environment).toMatchObject({ HOME: home, RELAUNCH_HOME: `${home}/relaunch`, EXTRA: "1" })
    expect(Object.keys(environment)).not.toContain("WANDB_API_KEY")
  }),
)
