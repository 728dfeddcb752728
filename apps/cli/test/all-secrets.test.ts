/**
 * Every kind of secret at once, through everything that a launch does and fails at, with each builder: used
 * where they must be, and looked for everywhere else.
 */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { gitRepository, liveEffect, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { builders, machine, rig } from "./command.ts"
import { containersOfHome } from "./containers.ts"
import { privateBase } from "./private-base.ts"
import { privateIndex } from "./private-index.ts"
import { argumentsDuring, engineText, filesWith, holds, imageBytes } from "./secrecy.ts"
import { temporaryFiles } from "./temporary-files.ts"

/** Letters that no form of text changes, so that a tar or a database holds it as it is, if it does. */
const secret = () => `s3cret${crypto.randomUUID().replaceAll("-", "")}`

/** Proves that it has what it needs, without saying it. */
const program = `import hashlib, os, time
import hidden_package
print("value", hidden_package.value)
print("sum", hashlib.sha256(os.environ["API_TOKEN"].encode()).hexdigest())
print("yek=" + os.environ["WANDB_API_KEY"][::-1], flush=True)
print(sorted(name for name in os.environ if "PASSWORD" in name), flush=True)
while not os.path.exists("/tmp/seen"): time.sleep(0.05)
`

const podman = async (...words: ReadonlyArray<string>) => {
  const env = { ...process.env, ...rig.podman.environment }
  const child = Bun.spawn(["podman", ...words], { env, stdout: "pipe", stderr: "ignore" })
  return Buffer.from(await child.stdout.bytes())
}

/** What the engine shows of a container, once it runs. */
const shownContainer = (builder: string, store: string) =>
  Effect.gen(function* () {
    const id = yield* containersOfHome(builder, store, "running").pipe(
      Effect.flatMap(([one]) => Effect.fromNullable(one)),
      Effect.retry(Schedule.spaced("100 millis")),
    )
    return { id, text: yield* containerText(builder, id) }
  })

const containerText = (builder: string, id: string) =>
  builder === "podman"
    ? Effect.promise(async () => (await podman("inspect", id)).toString())
    : engineText(`/containers/${id}/json`)

/** The program waits for this, so that its container is seen. */
const released = (builder: string, id: string) =>
  Effect.promise(async () => {
    if (builder === "podman") return void (await podman("exec", id, "touch", "/tmp/seen"))
    const unix = rig.engine.host.replace("unix://", "")
    const post = (path: string, body: unknown) =>
      fetch(`http://engine${path}`, {
        method: "POST",
        unix,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      })
    const made = await post(`/containers/${id}/exec`, { Cmd: ["touch", "/tmp/seen"] })
    const { Id } = (await made.json()) as { readonly Id: string }
    await (await post(`/exec/${Id}/start`, { Detach: true })).text()
  })

/** All layers, the configuration and the history of an image. */
const imageTexts = (builder: string, reference: string) =>
  builder === "podman"
    ? Effect.promise(async () => ({
        layers: await podman("save", reference),
        history: (await podman("history", "--no-trunc", reference)).toString(),
        configuration: (await podman("image", "inspect", reference)).toString(),
      }))
    : Effect.all({
        layers: imageBytes(reference),
        history: engineText(`/images/${reference}/history`),
        configuration: engineText(`/images/${reference}/json`),
      })

/** Those that come there from now on. */
const enginesFolders = () => {
  const all = () =>
    fs
      .readdirSync("/var/tmp")
      .filter((each) => /^(?:relaunch-|libpod_builder|buildah|auth)/.test(each))
      .map((each) => join("/var/tmp", each))
  const before = new Set(all())
  return () => all().filter((each) => !before.has(each))
}

describe("a git password, a registry's, an index's, an API key and a secret value", () => {
  for (const { env, name } of [builders.docker, builders.buildkit, builders.podman]) {
    liveEffect(
      `are seen by those alone whom they are for; with ${name}`,
      () =>
        Effect.gen(function* () {
          const { home, relaunch } = yield* machine
          const { address, password: registry, user } = rig.registry.login
          const { password: git, user: gitUser } = rig.git.https
          const own = { index: secret(), key: secret(), token: secret() }
          const shared = [git, registry, `${user}:${registry}`, `${gitUser}:${git}`]
          const index = yield* privateIndex(`reader:${own.index}`)
          // In vain without: pip speaks plain HTTP to nobody else.
          const [trusted] = index.address.split(":")
          const base = yield* privateBase
          const { url } = yield* gitRepository({
            files: {
              "main.py": program,
              "requirements.txt": `--extra-index-url http://reader:\${INDEX_PASSWORD}@${index.address}/simple\n--trusted-host ${trusted}\nhidden-package==1.0\n`,
              "broken/main.py": "",
              "broken/requirements.txt": `--index-url http://reader:\${INDEX_PASSWORD}@${index.address}/simple\n--trusted-host ${trusted}\nnothing-of-this-name==9\n`,
            },
          })
          yield* writeFiles(home, {
            ".docker/config.json": JSON.stringify({
              auths: { [address]: { auth: btoa(`${user}:${registry}`) } },
            }),
          })
          const settings = {
            ...env,
            RELAUNCH_BUILDER: name,
            INDEX_PASSWORD: own.index,
            API_TOKEN: own.token,
            WANDB_API_KEY: own.key,
            RELAUNCH_GIT_PASSWORD: git,
          }
          const said: Array<string> = []
          const tell = (...words: ReadonlyArray<string>) =>
            Effect.tap(relaunch(words, { env: settings }), ({ stderr, stdout }) =>
              Effect.sync(() => said.push(`${words.join(" ")}\n${stdout}${stderr}`)),
            )
          const source = ["--uri", url.https, "--git-username", gitUser, "-p", "demo"]
          const flags = [
            ...[...source, "-J", "secrets", "-E", "python main.py", "--base-image", base],
            ...["--secret", "INDEX_PASSWORD", "--secret", "API_TOKEN", "--progress", "plain"],
          ]
          const store = join(home, "relaunch")

          const scenario = Effect.gen(function* () {
            expect((yield* tell("plan", ...flags)).code).toBe(0)
            expect((yield* tell("plan", ...flags, "--json")).code).toBe(0)
            const looking = yield* Effect.fork(shownContainer(name, store))
            const launching = yield* Effect.fork(tell(...flags))
            const seen = yield* Effect.raceFirst(
              Fiber.join(looking),
              Effect.flatMap(Fiber.join(launching), ({ stderr }) => Effect.fail(stderr)),
            )
            yield* released(name, seen.id)
            const launched = yield* Fiber.join(launching)
            expect(launched.code === 0 ? "" : launched.stderr).toBe("")
            const broken = yield* tell(...flags, "--build-context", "broken")
            expect([broken.code, broken.stderr]).toEqual([
              4,
              expect.stringContaining("nothing-of-this-name"),
            ])
            expect((yield* tell(...flags, "-g", "no-such-branch")).code).toBe(3)
            const runs = yield* relaunch(["run", "list", "--json"])
            const [run] = JSON.parse(runs.stdout)
            for (const words of [
              ...["run list", `run show ${run.id}`, `run logs ${run.id}`, "job list"],
              ...["job describe demo/secrets", "artifact list", "artifact download demo/secrets"],
              ...["store check", "builder list", "clean --dry-run", "config show"],
            ]) {
              for (const more of [[], ["--json"]]) {
                const told = yield* tell(...words.split(" "), ...more)
                expect([words, told.code === 0 ? "" : told.stderr]).toEqual([words, ""])
              }
            }
            return { container: seen.text, launched, run }
          })
          const inHome = temporaryFiles(
            () => [join(home, "tmp"), join(store, "processes")],
            [...shared, ...Object.values(own)],
          )
          // Where engines put theirs by themselves.
          const elsewhere = temporaryFiles(enginesFolders(), Object.values(own))
          const lookAtFiles = () => {
            inHome.look()
            elsewhere.look()
          }
          const {
            seen: seenOwn,
            value: { seen: seenShared, value: done },
          } = yield* argumentsDuring(
            argumentsDuring(scenario, shared, "ours"),
            Object.values(own),
            "anyone",
            lookAtFiles,
          )

          // It had them all.
          const { launched, run } = done
          const sum = new Bun.CryptoHasher("sha256").update(own.token).digest("hex")
          expect(launched.stdout).toContain(`value 42\nsum ${sum}\n`)
          expect(index.asked.some((path) => path.startsWith("/files/"))).toBe(true)
          const reversed = /^yek=(.+)$/m.exec(launched.stdout)?.[1] ?? ""
          const runKey = [...reversed].reverse().join("")
          expect(runKey.length).toBeGreaterThanOrEqual(40)

          const all = [...shared, ...Object.values(own), runKey]
          expect(seenOwn).toEqual([])
          expect(seenShared).toEqual([])
          expect(inHome.count()).toBeGreaterThan(10)
          expect(elsewhere.found()).toEqual([])
          // Podman has secrets in files of its own for a build, and a login for a pull, which it writes beside
          // its place and renames; nobody else gets at them.
          const open = inHome
            .found()
            .filter(
              ({ closed, path }) =>
                !(
                  name === "podman" &&
                  closed &&
                  /relaunch-podman-\w+\/files\/(?:auth\.json|\.tmp-auth\.json\.\d+|libpod_builder)/.test(
                    path,
                  )
                ),
            )
          expect(open).toEqual([])
          for (const text of said) expect(holds(text, all) ? text : "").toBe("")
          expect(filesWith(home, all)).toEqual([".docker/config.json"])
          expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
          // The program's own are in its container, the others are not.
          expect(holds(done.container, [own.token])).toBe(true)
          expect(holds(done.container, [...shared, own.key])).toBe(false)
          expect(run.image).toStartWith("relaunch/")
          const image = yield* imageTexts(name, run.image)
          expect(image.layers.length).toBeGreaterThan(10_000_000)
          for (const value of all) expect(image.layers.includes(value)).toBe(false)
          expect(holds(image.history, all)).toBe(false)
          expect(holds(image.configuration, all)).toBe(false)
        }),
      "4 minutes",
    )
  }
})
