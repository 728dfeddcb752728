/** `relaunch version`: what this is and what it works with. */
import { exitCodes } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import packageJson from "../../package.json" with { type: "json" }
import { backends } from "../backends.ts"
import type { CommandEffect, Flags } from "../contract.ts"
import { probe } from "../detect.ts"
import { answer, answerJson } from "../output.ts"
import { ownFolder } from "../own-program.ts"
import { fields } from "../render/table.ts"
import { whileWaiting } from "../render/waiting.ts"
import { configuredBuilder, session } from "../session.ts"

/** Commit of the checkout that this runs from; null where it is none. */
const commitOf = (): string | null => {
  const said = Bun.spawnSync(["git", "-C", ownFolder, "rev-parse", "HEAD"], {
    stderr: "ignore",
  })
  return said.exitCode === 0 ? said.stdout.toString().trim() : null
}

export const versionCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const configured = configuredBuilder(current)
    const builders = yield* Effect.forEach(
      Object.keys(backends),
      (name) =>
        Effect.match(probe(name, process.env, configured), {
          onSuccess: ({ status }) => [name, status.version] as const,
          onFailure: () => [name, null] as const,
        }),
      { concurrency: "unbounded" },
    ).pipe(whileWaiting(current, "ask the builders"))
    const found = {
      version: packageJson.version,
      commit: commitOf(),
      runtime: `Bun ${Bun.version}`,
      platform: `${process.platform}/${process.arch}`,
      builders: Object.fromEntries(builders),
    }
    if (current.flag("json")) yield* answerJson(found)
    else {
      yield* answer(
        fields([
          ["relaunch", found.version],
          ["commit", found.commit ?? "(not a checkout)"],
          ["runtime", found.runtime],
          ["platform", found.platform],
          ...builders.map(([name, version]) => [name, version ?? "does not answer"] as const),
        ]),
      )
    }
    return exitCodes.success
  })
