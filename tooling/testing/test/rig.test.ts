/** The rig does what the integration tests of all packages count on. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { call, callWithProgress, engineApi, output, run } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { gitRepository, liveEffect, temporaryFolder, testRig } from "../src/index.ts"

const rig = await testRig()
const api = engineApi(rig.engine.host)
/** Asking for a login would wait for a terminal. */
const env = { ...rig.environment, GIT_TERMINAL_PROMPT: "0" }

const runInContainer = (command: string) =>
  Effect.gen(function* () {
    const body = JSON.stringify({ Image: "python:3.13-slim", Cmd: ["sh", "-c", command] })
    const headers = { "content-type": "application/json" }
    const created = yield* call(api, "/containers/create", { method: "POST", body, headers })
    const { Id }: { readonly Id: string } = JSON.parse(created)
    yield* Effect.addFinalizer(() =>
      Effect.ignore(call(api, `/containers/${Id}?force=true`, { method: "DELETE" })),
    )
    yield* call(api, `/containers/${Id}/start`, { method: "POST" })
    const waited = yield* call(api, `/containers/${Id}/wait`, { method: "POST" })
    const { StatusCode: code }: { readonly StatusCode: number } = JSON.parse(waited)
    const log = yield* call(api, `/containers/${Id}/logs?stdout=true&stderr=true`)
    return { code, log }
  })

describe("the test buildkitd", () => {
  liveEffect("answers its own command", () =>
    Effect.gen(function* () {
      const { buildctl, host } = rig.buildkit
      const workers = yield* output([buildctl, "--addr", host, "debug", "workers"])
      expect(workers).toContain("linux/")
    }),
  )
})

describe("the test engine", () => {
  liveEffect("pulls from the test registry what it takes for Docker Hub", () =>
    Effect.gen(function* () {
      yield* callWithProgress(api, "/images/create?fromImage=wandb/job_hello_world&tag=main")
      const image: { readonly Architecture: string } = JSON.parse(
        yield* call(api, "/images/wandb/job_hello_world:main/json"),
      )
      expect(image.Architecture).toBe(process.arch === "x64" ? "amd64" : process.arch)
    }),
  )

  liveEffect("lets containers reach this machine at the gateway, and package indexes", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.sync(() =>
          Bun.serve({ hostname: rig.engine.gateway, port: 0, fetch: () => new Response("hello") }),
        ),
        (started) => Effect.promise(() => started.stop(true)),
      )
      const { code, log } = yield* runInContainer(
        `python -c 'import urllib.request as u; print(u.urlopen("${server.url}").read())' && pip download --quiet --no-deps --dest /tmp six`,
      )
      expect(log).toContain("hello")
      expect(code).toBe(0)
    }),
  )

  /** Else every container that comes or goes may cut off the others for half a minute. */
  liveEffect("keeps the gateway's hardware address while containers come and go", () =>
    Effect.gen(function* () {
      const bridge = yield* output(["ip", "-o", "address", "show", "to", rig.engine.gateway])
      const link = output(["ip", "-o", "link", "show", /^\d+: (\S+)/.exec(bridge)?.[1] ?? ""])
      const hardwareAddress = Effect.map(link, (text) => / link\/ether (\S+)/.exec(text)?.[1])
      const before = yield* hardwareAddress
      const asContainersKnowIt = yield* runInContainer(
        `python -c 'import socket as s; s.create_connection(("${rig.engine.gateway}", 1), 5)'; cat /proc/net/arp`,
      )
      expect(asContainersKnowIt.log).toContain(before ?? "no address")
      expect(yield* hardwareAddress).toBe(before)
    }),
  )
})

describe("the registry with a login", () => {
  liveEffect("turns away who does not log in", () =>
    Effect.gen(function* () {
      const { address, password, user } = rig.registry.login
      const ask = (headers: Record<string, string>) =>
        Effect.promise(async () => (await fetch(`http://${address}/v2/`, { headers })).status)
      expect(yield* ask({})).toBe(401)
      expect(yield* ask({ authorization: `Basic ${btoa(`${user}:${password}`)}` })).toBe(200)
    }),
  )
})

describe("the git servers", () => {
  const cloned = (url: string) =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryFolder(), "clone")
      yield* output(["git", "clone", "--quiet", url, folder], { env })
      return folder
    })

  liveEffect("serve one repository over https with a login and over ssh with a key", () =>
    Effect.gen(function* () {
      const { defaultBranch, hashes, url } = yield* gitRepository({
        name: "team/hello world",
        commits: [{ files: { "main.py": "print(1)\n" } }, { files: { "main.py": "print(2)\n" } }],
      })
      expect(defaultBranch).toBe("trunk")
      for (const way of [url.httpsWithLogin, url.ssh, url.scp]) {
        const folder = yield* cloned(way)
        const head = yield* output(["git", "-C", folder, "rev-parse", "HEAD"])
        expect(head.trim()).toBe(hashes.at(-1) ?? "")
      }
      const { code, stderr } = yield* run(["git", "ls-remote", url.https], { env })
      expect(code).toBe(128)
      expect(stderr).toContain("could not read Username")
    }),
  )

  liveEffect("take compressed requests, and give any commit as hosting services do", () =>
    Effect.gen(function* () {
      const commits = Array.from({ length: 40 }, (_, index) => ({
        files: { "counter.txt": `${index}\n` },
        ...(index % 2 === 0 ? {} : { branch: "side", tag: `v${index}` }),
      }))
      const { git, hashes, url } = yield* gitRepository({ commits })
      const folder = yield* cloned(url.httpsWithLogin)
      const orphan = hashes[1] ?? ""
      yield* git("branch", "-D", "side")
      yield* output(["git", "-C", folder, "fetch", "--quiet", "--depth=1", "origin", orphan], {
        env,
      })
      const fetched = yield* output(["git", "-C", folder, "rev-parse", "FETCH_HEAD"])
      expect(fetched.trim()).toBe(orphan)
    }),
  )
})

describe("the Pythons", () => {
  liveEffect("have the released wandb that they are named for", () =>
    Effect.gen(function* () {
      const versionOf = (python: string) =>
        output([python, "-c", "import wandb; print(wandb.__version__)"])
      expect(yield* versionOf(rig.python.wandb)).toBe("0.31.0\n")
      expect(yield* versionOf(rig.python.oldWandb)).toBe("0.17.1\n")
    }),
  )
})
