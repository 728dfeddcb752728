/** Secrets of a launch: used where they must be, seen nowhere else. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { gitRepository, liveEffect, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { argumentsDuring, engineText, filesWith, fresh, holds, imageBytes } from "./secrecy.ts"

const program = `import os, hashlib
print("sum", hashlib.sha256(os.environ["API_TOKEN"].encode()).hexdigest())
print("key", len(os.environ["WANDB_API_KEY"]))
`

const sumOf = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex")

describe("a secret of a run", () => {
  for (const [what, flag, given] of [
    ["the variable of its name", "API_TOKEN", (secret: string) => ({ env: { API_TOKEN: secret } })],
    ["another variable", "API_TOKEN=env:OTHER", (secret: string) => ({ env: { OTHER: secret } })],
    ["standard input", "API_TOKEN=-", (secret: string) => ({ stdin: `${secret}\n` })],
    ["a file", "API_TOKEN=file:../token", () => ({})],
  ] as const) {
    liveEffect(`from ${what} reaches the program, and nothing else sees it`, () =>
      Effect.gen(function* () {
        const secret = fresh()
        const { home, relaunch } = yield* machine
        const place = yield* temporaryFolder({ token: `${secret}\n`, "code/main.py": program })
        const words = ["--uri", ".", "-p", "demo", "-E", "python main.py", "--secret", flag]
        const { seen, value } = yield* argumentsDuring(
          relaunch([...words, "--json"], { cwd: join(place, "code"), ...given(secret) }),
          [secret],
        )
        expect(value.code === 0 ? "" : value.stderr).toBe("")
        expect(value.stderr).toContain(`sum ${sumOf(secret)}`)
        expect(holds(value.stdout + value.stderr, [secret])).toBe(false)
        expect(seen).toEqual([])
        expect(filesWith(home, [secret])).toEqual([])
        const { image, run } = JSON.parse(value.stdout)
        expect(holds(yield* engineText(`/images/${image.ref}/history`), [secret])).toBe(false)
        expect(holds(yield* engineText(`/images/${image.ref}/json`), [secret])).toBe(false)
        const shown = yield* relaunch(["run", "show", run.id, "--json"])
        expect(holds(shown.stdout, [secret])).toBe(false)
      }),
    )
  }

  liveEffect("is masked in the plan", () =>
    Effect.gen(function* () {
      const secret = fresh()
      const { relaunch } = yield* machine
      const cwd = yield* temporaryFolder({ "main.py": program })
      const words = ["plan", "--uri", ".", "-p", "demo", "-E", "python main.py"]
      const env = { API_TOKEN: secret }
      for (const more of [[], ["--json"]]) {
        const said = yield* relaunch([...words, "--secret", "API_TOKEN", ...more], { cwd, env })
        expect(said.code).toBe(0)
        expect(said.stdout).toContain("API_TOKEN")
        expect(holds(said.stdout + said.stderr, [secret])).toBe(false)
      }
    }),
  )

  liveEffect("that someone writes on the command line is refused without being repeated", () =>
    Effect.gen(function* () {
      const secret = fresh()
      const { relaunch } = yield* machine
      const cwd = yield* temporaryFolder({ "main.py": program })
      const words = ["--uri", ".", "-p", "demo", "-E", "python main.py", "--secret"]
      for (const wrong of [`API_TOKEN=${secret}`, `${secret}=env:X`, secret]) {
        const said = yield* relaunch([...words, wrong], { cwd })
        expect(said.code).toBe(2)
        expect(holds(said.stdout + said.stderr, [secret])).toBe(false)
      }
    }),
  )

  liveEffect("of an asynchronous run is not in its supervisor's arguments or files", () =>
    Effect.gen(function* () {
      const secret = fresh()
      const { home, json, relaunch } = yield* machine
      const cwd = yield* temporaryFolder({ "main.py": program })
      const { seen, value } = yield* argumentsDuring(
        Effect.gen(function* () {
          const words = [
            "--uri",
            ".",
            "-p",
            "demo",
            "-E",
            "python main.py",
            "--secret",
            "API_TOKEN",
          ]
          const { run } = yield* json([...words, "--async"], { cwd, env: { API_TOKEN: secret } })
          return yield* relaunch(["run", "logs", "-f", run.id])
        }),
        [secret],
      )
      expect(value.stdout).toContain(`sum ${sumOf(secret)}`)
      expect(seen).toEqual([])
      expect(filesWith(home, [secret])).toEqual([])
    }),
  )
})

describe("the run's own key", () => {
  liveEffect("is long, and the command does not say it", () =>
    Effect.gen(function* () {
      const { relaunch } = yield* machine
      const cwd = yield* temporaryFolder({
        "main.py": 'import os\nprint("key=" + os.environ["WANDB_API_KEY"])\n',
      })
      const said = yield* relaunch(["--uri", ".", "-p", "demo", "-E", "python main.py"], { cwd })
      const key = /^key=(.*)$/m.exec(said.stdout)?.[1] ?? ""
      expect(key.length).toBeGreaterThanOrEqual(40)
      expect(said.stderr).not.toContain(key)
    }),
  )
})

describe("a git password", () => {
  const { password, user } = rig.git.https
  const files = { "main.py": "print(1)\n" }

  for (const how of ["in the URL", "by --git-username"] as const) {
    liveEffect(`given ${how} is seen nowhere`, () =>
      Effect.gen(function* () {
        const { home, relaunch } = yield* machine
        const { url } = yield* gitRepository({ files })
        const source =
          how === "in the URL"
            ? ["--uri", url.httpsWithLogin]
            : ["--uri", url.https, "--git-username", user]
        const words = [...source, "-p", "demo", "-E", "python main.py", "--json"]
        const env = how === "in the URL" ? {} : { RELAUNCH_GIT_PASSWORD: password }
        const { seen, value } = yield* argumentsDuring(relaunch(words, { env }), [password], "ours")
        expect(value.code === 0 ? "" : value.stderr).toBe("")
        // The words of the command itself are the user's doing.
        const typed = `\0--uri\0${url.httpsWithLogin}\0`
        expect(seen.filter((line) => !line.includes(typed))).toEqual([])
        expect(holds(value.stdout + value.stderr, [password])).toBe(false)
        expect(filesWith(home, [password])).toEqual([])
        const { image } = JSON.parse(value.stdout)
        expect(holds(yield* engineText(`/images/${image.ref}/history`), [password])).toBe(false)
        const plan = yield* relaunch(["plan", ...words], { env })
        expect(holds(plan.stdout + plan.stderr, [password])).toBe(false)
        const failed = yield* relaunch([...words, "-g", "no-such-branch"], { env })
        expect(failed.code).toBe(3)
        expect(holds(failed.stdout + failed.stderr, [password])).toBe(false)
      }),
    )
  }
})

describe("a registry password", () => {
  liveEffect("is sent to the engine and seen nowhere else", () =>
    Effect.gen(function* () {
      const { address, password, user } = rig.registry.login
      const { home, relaunch } = yield* machine
      yield* writeFiles(home, {
        ".docker/config.json": JSON.stringify({
          auths: { [address]: { auth: btoa(`${user}:${password}`) } },
        }),
      })
      const secrets = [password, `${user}:${password}`]
      const words = ["-d", `${address}/team/nothing:1`, "-p", "demo", "--json"]
      const { seen, value } = yield* argumentsDuring(relaunch(words), secrets, "ours")
      expect(JSON.parse(value.stdout).error.code).toBe("E_IMAGE_NOT_FOUND")
      expect(seen).toEqual([])
      expect(holds(value.stdout + value.stderr, secrets)).toBe(false)
      expect(filesWith(home, secrets)).toEqual([".docker/config.json"])
      // A wrong one is not repeated either.
      yield* writeFiles(home, {
        ".docker/config.json": JSON.stringify({
          auths: { [address]: { auth: btoa("me:wr0ng-one") } },
        }),
      })
      const refused = yield* relaunch(words)
      expect(JSON.parse(refused.stdout).error.code).toBe("E_REGISTRY_AUTH")
      expect(holds(refused.stdout + refused.stderr, ["wr0ng-one", "me:wr0ng-one"])).toBe(false)
    }),
  )
})

describe("an image", () => {
  liveEffect("holds no secret of its launch in any layer", () =>
    Effect.gen(function* () {
      const secret = `s3cret${crypto.randomUUID().replaceAll("-", "")}`
      const { json } = yield* machine
      const cwd = yield* temporaryFolder({
        "main.py": program,
        Dockerfile: 'FROM scratch\nCOPY . /x\nENTRYPOINT ["/x/none"]\n',
      })
      const words = ["--uri", ".", "-p", "demo", "-E", "python main.py", "-D", "Dockerfile"]
      const plan = yield* json(["plan", ...words, "--secret", "API_TOKEN"], {
        cwd,
        env: { API_TOKEN: secret },
      })
      expect(JSON.stringify(plan)).not.toContain(secret)
      const failed = yield* Effect.either(
        json([...words, "--secret", "API_TOKEN"], { cwd, env: { API_TOKEN: secret } }),
      )
      expect(failed._tag).toBe("Left")
      const bytes = yield* imageBytes(plan.image.ref)
      expect(bytes.includes("API_TOKEN")).toBe(true)
      expect(bytes.includes(secret)).toBe(false)
    }),
  )
})
