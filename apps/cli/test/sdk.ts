/** The real `wandb` package, kept in the home of a test. */
import { finished } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { rig } from "./command.ts"

/** What makes it silent, and lets it write below a folder alone. */
const quietly = (home: string): Readonly<Record<string, string>> => ({
  HOME: home,
  WANDB_SILENT: "true",
  WANDB_CACHE_DIR: home,
  WANDB_DATA_DIR: home,
  WANDB_CONFIG_DIR: home,
  WANDB_ARTIFACT_DIR: `${home}/artifacts`,
})

/**
 * What a Python with the real package prints, which must succeed; `script` is the path of one or its text.
 * The variables are those of `relaunch env`.
 */
export const python = (
  script: string,
  home: string,
  variables: Readonly<Record<string, string>>,
  folder = home,
  program = rig.python.wandb,
) =>
  finished([program, ...(script.endsWith(".py") ? [script] : ["-c", script])], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...quietly(home), ...variables },
  }).pipe(
    Effect.flatMap(({ code, stderr, stdout }) =>
      code === 0 ? Effect.succeed(stdout) : Effect.fail(new Error(`${stdout}\n${stderr}`)),
    ),
  )
