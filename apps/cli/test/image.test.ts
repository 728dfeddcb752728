/** The page's image jobs, against a real registry with and without a login. */
import { describe, expect } from "bun:test"
import { liveEffect, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { configured, machine, rig } from "./command.ts"
import { daemonFolder, ownPodman } from "./faulty.ts"

const page = ["--docker-image", "wandb/job_hello_world:main", "--project", "hello-world"]

describe("the page's image command", () => {
  liveEffect(
    "makes the job with the image's tag as alias, and runs the image's own entry point",
    () =>
      Effect.gen(function* () {
        const { json } = yield* machine
        const { image, job, run } = yield* json(page)
        expect(job).toMatchObject({
          name: "job-wandb_job_hello_world",
          version: "v0",
          sourceType: "image",
          definition: { source: { image: "wandb/job_hello_world:main" } },
        })
        expect([...job.aliases].sort()).toEqual(["latest", "main"])
        expect(image.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
        expect(run).toMatchObject({
          state: "finished",
          exitCode: 0,
          image: "wandb/job_hello_world:main",
        })
        expect(Object.keys(run.summary)).toContain("_step")
        const again = yield* json(page)
        expect(again.job).toEqual(job)
      }),
  )

  liveEffect("runs the given entry point instead", () =>
    Effect.gen(function* () {
      const { relaunch } = yield* machine
      const { code, stdout } = yield* relaunch([
        ...page,
        "--entry-point",
        'python -c "print(6 * 7)"',
      ])
      expect([code, stdout]).toEqual([0, "42\n"])
    }),
  )

  liveEffect("launches the stored job again with another config", () =>
    Effect.gen(function* () {
      const { json } = yield* machine
      yield* json([
        "job",
        "create",
        "image",
        "wandb/job_hello_world:main",
        "-p",
        "hello-world",
        "-n",
        "hello",
      ])
      const { run } = yield* json([
        "--job",
        "hello-world/hello:main",
        "-c",
        '{"overrides": {"run_config": {"depth": 3}}}',
      ])
      expect(run).toMatchObject({
        exitCode: 0,
        config: { depth: 3 },
        job: "local/hello-world/hello:v0",
      })
    }),
  )

  liveEffect("pulls from a registry with a login by the user's docker configuration", () =>
    Effect.gen(function* () {
      const { address, password, user } = rig.registry.login
      // No engine has it from an earlier test.
      const image = `${address}/team/${crypto.randomUUID()}:main`
      const { home, json, relaunch } = yield* machine
      yield* pushed("python:3.13-slim", image)
      yield* Effect.addFinalizer(() => removed(image))
      const flags = ["--docker-image", image, "-p", "demo", "-E", "python -c 'print(7)'"]
      const refused = yield* relaunch([...flags, "--json"])
      expect(refused.code).toBe(3)
      expect(JSON.parse(refused.stdout).error).toMatchObject({ code: "E_REGISTRY_AUTH" })
      expect(yield* json(["job", "list"])).toEqual([])
      yield* writeFiles(home, {
        ".docker/config.json": JSON.stringify({
          auths: { [address]: { auth: btoa(`${user}:${password}`) } },
        }),
      })
      const { code, stderr, stdout } = yield* relaunch(flags)
      expect(code === 0 ? stdout : stderr).toBe("7\n")
      const missing = yield* relaunch([
        "--docker-image",
        `${address}/team/nothing:1`,
        "-p",
        "demo",
        "--json",
      ])
      expect([missing.code, JSON.parse(missing.stdout).error.code]).toEqual([
        3,
        "E_IMAGE_NOT_FOUND",
      ])
    }),
  )
})

/** Takes the name away from the engine that pulled it. */
const removed = (image: string) =>
  Effect.promise(async () => {
    const env = { ...process.env, ...configured?.env }
    if (configured?.name === "podman") await Bun.$`podman rmi ${image}`.env(env).nothrow().quiet()
    else {
      const unix = rig.engine.host.replace("unix://", "")
      await fetch(`http://engine/images/${image}`, { method: "DELETE", unix })
    }
  })

describe("an image that podman does not have yet", () => {
  liveEffect("becomes a job with its digest, though podman cannot ask a registry for that", () =>
    Effect.gen(function* () {
      const podman = yield* ownPodman(yield* daemonFolder())
      const env = { ...podman, RELAUNCH_BUILDER: "podman" }
      const { relaunch } = yield* machine
      const words = ["job", "create", "image", "busybox:1", "-p", "demo", "--json"]
      const { code, stderr, stdout } = yield* relaunch(words, { env })
      expect(code === 0 ? "" : stderr + stdout).toBe("")
      const { headers } = yield* Effect.promise(() =>
        fetch(`http://${rig.registry.open.address}/v2/library/busybox/manifests/1`, {
          method: "HEAD",
          headers: { accept: "application/vnd.docker.distribution.manifest.v2+json" },
        }),
      )
      const digest = headers.get("docker-content-digest")
      const planned = yield* relaunch(["plan", "-d", "busybox:1", "-p", "demo", "--json"], { env })
      expect(JSON.parse(planned.stdout).source.digest).toBe(digest)
      expect(digest).toMatch(/^sha256:/)
    }),
  )
})

/** Puts an image of the engine into the registry with a login, and takes its local name away again. */
const pushed = (from: string, to: string) =>
  Effect.gen(function* () {
    const { password, user } = rig.registry.login
    const at = to.lastIndexOf(":")
    const auth = btoa(JSON.stringify({ username: user, password }))
    const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
      Effect.promise(async () => {
        const answer = await fetch(`http://engine${path}`, {
          method,
          headers,
          unix: rig.engine.host.replace("unix://", ""),
        })
        const text = await answer.text()
        if (!answer.ok || text.includes('"error"')) throw new Error(text)
      })
    yield* ask(
      "POST",
      `/images/${from}/tag?repo=${encodeURIComponent(to.slice(0, at))}&tag=${to.slice(at + 1)}`,
    )
    yield* ask("POST", `/images/${to.slice(0, at)}/push?tag=${to.slice(at + 1)}`, {
      "x-registry-auth": auth,
    })
    yield* ask("DELETE", `/images/${to}`)
  })
