/** `--strict`: a warning changes the exit status only then, and a launch that has one starts nothing. */
import { describe, expect } from "bun:test"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"

const source = ["--uri", ".", "--project", "demo", "--entry-point", "python main.py"]

const told =
  "error: `--strict` takes a warning as an error: Neither requirements.txt nor pyproject.toml is in the build context; no packages are installed [E_WARNING]"

describe("--strict", () => {
  liveEffect("ends with 2 what has a warning, which without it ends with 0", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder({ "main.py": "print(1)\n" })
      const { json, relaunch } = yield* machine
      const plan = yield* json(["plan", ...source], { cwd })
      expect(plan.warnings).toHaveLength(1)
      const strict = yield* relaunch(["plan", ...source, "--strict", "--json"], { cwd })
      expect(strict.code).toBe(2)
      expect(JSON.parse(strict.stdout).warnings).toEqual(plan.warnings)
      expect(strict.stderr).toContain(told)

      for (const args of [
        source,
        [...source, "--async"],
        ["job", "create", "code", ".", "-p", "demo", "-E", "python main.py"],
      ]) {
        const ended = yield* relaunch([...args, "--strict"], { cwd })
        expect([args.join(" "), ended.code]).toEqual([args.join(" "), 2])
        expect(ended.stderr).toContain(told)
      }
      const asJson = yield* relaunch([...source, "--json"], { cwd, env: { RELAUNCH_STRICT: "1" } })
      expect([asJson.code, JSON.parse(asJson.stdout).error]).toMatchObject([
        2,
        { code: "E_WARNING", details: { warnings: plan.warnings } },
      ])
      expect(yield* json(["job", "list"])).toEqual([])
      expect(yield* json(["run", "list"])).toEqual([])

      const env = yield* relaunch(["env", "--strict"])
      expect([env.code, env.stdout.split("=")[0]]).toEqual([2, "export WANDB_BASE_URL"])
      expect((yield* relaunch(["env"])).code).toBe(0)
      expect((yield* relaunch(["job", "list", "--strict"])).code).toBe(0)
    }),
  )

  liveEffect("has a warning of what a Dockerfile fetches and does not pin", () =>
    Effect.gen(function* () {
      const Dockerfile = "FROM busybox:1\nADD https://user:word@localhost:1/data.tar /data.tar\n"
      const cwd = yield* temporaryFolder({ "main.sh": "true\n", Dockerfile })
      const { json } = yield* machine
      const args = ["--uri", ".", "-p", "demo", "-E", "sh /main.sh", "--dockerfile", "Dockerfile"]
      const { warnings } = yield* json(["plan", ...args], { cwd })
      expect(warnings).toEqual([
        "`ADD https://***@localhost:1/data.tar` is fetched when the image is built, and a change there builds none; pin it with `--checksum`",
      ])
    }),
  )

  liveEffect("takes what a build warns of as an error too, and keeps the image", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder({
        "main.sh": "true\n",
        Dockerfile: `FROM busybox:1\nLABEL once=${crypto.randomUUID()}\nCOPY main.sh /\n`,
      })
      const { json, relaunch } = yield* machine
      const args = ["--uri", ".", "-p", "demo", "-E", "sh /main.sh", "--dockerfile", "Dockerfile"]
      // The engine's own BuildKit cannot rewrite timestamps.
      const env = { SOURCE_DATE_EPOCH: "0" }
      const ended = yield* relaunch([...args, "--strict"], { cwd, env })
      expect(ended.code).toBe(2)
      expect(ended.stderr).toMatch(/^error: .*: SOURCE_DATE_EPOCH is set, but .* \[E_WARNING\]$/m)
      expect(yield* json(["run", "list"])).toEqual([])
      const loose = yield* json(args, { cwd, env })
      expect([loose.run.state, loose.image.cached]).toEqual(["finished", true])
    }),
  )
})
