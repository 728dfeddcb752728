/** A package index that asks for a login: the installation has it, and nothing keeps it. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"

const socket = rig.engine.host.replace("unix://", "")

const engineBytes = (path: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://engine${path}`, { unix: socket })
    return Buffer.from(await answer.arrayBuffer())
  })

/** The address by which a container's default network reaches this machine. */
const gateway = Effect.map(engineBytes("/networks/bridge"), (bytes) => {
  const { IPAM } = JSON.parse(bytes.toString())
  const [{ Gateway, Subnet }] = IPAM.Config
  return Gateway ?? String(Subnet).replace(/\.\d+\/\d+$/, ".1")
})

/** A wheel with one module, made by the Python of the rig. */
const wheel = (folder: string) =>
  Effect.promise(async () => {
    const name = "hidden_package-1.0-py3-none-any.whl"
    const program = `import zipfile
with zipfile.ZipFile("${join(folder, name)}", "w") as wheel:
    wheel.writestr("hidden_package.py", "value = 42\\n")
    wheel.writestr("hidden_package-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: hidden-package\\nVersion: 1.0\\n")
    wheel.writestr("hidden_package-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("hidden_package-1.0.dist-info/RECORD", "")
`
    await Bun.$`python3 -c ${program}`.quiet()
    return name
  })

/** A simple index (PEP 503) that answers only to the login. */
const privateIndex = (login: string) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder()
    const name = yield* wheel(folder)
    const host: string = yield* gateway
    const asked: Array<string> = []
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Bun.serve({
          hostname: host,
          port: 0,
          fetch: (request) => {
            const { pathname } = new URL(request.url)
            asked.push(pathname)
            if (request.headers.get("authorization") !== `Basic ${btoa(login)}`) {
              return new Response("", {
                status: 401,
                headers: { "www-authenticate": 'Basic realm="index"' },
              })
            }
            if (pathname === "/simple/hidden-package/") {
              return new Response(`<a href="/files/${name}">${name}</a>`, {
                headers: { "content-type": "text/html" },
              })
            }
            return pathname === `/files/${name}`
              ? new Response(Bun.file(join(folder, name)))
              : new Response("", { status: 404 })
          },
        }),
      ),
      (running) => Effect.promise(() => running.stop(true)),
    )
    return { address: `${host}:${server.port}`, asked }
  })

const builders = [
  ["docker", {}],
  ["buildkit", { BUILDKIT_HOST: rig.buildkit.host }],
] as const

describe("a private index", () => {
  for (const [builder, env] of builders) {
    liveEffect(`is reached with a secret that no layer, log or record keeps (${builder})`, () =>
      Effect.gen(function* () {
        const password = `s3cret${crypto.randomUUID().replaceAll("-", "")}`
        const { address, asked } = yield* privateIndex(`reader:${password}`)
        const { home, relaunch } = yield* machine
        const folder = yield* temporaryFolder({
          "main.py": "import hidden_package\nprint(hidden_package.value)\n",
          "requirements.txt": `--extra-index-url http://reader:\${INDEX_PASSWORD}@${address}/simple\nhidden-package==1.0\n`,
        })
        const flags = ["--uri", folder, "-p", "demo", "-E", "python main.py", "--builder", builder]
        const without = yield* relaunch(flags, { env })
        expect(without.code).toBe(4)
        expect(without.stderr).toContain(
          `warning: requirements.txt names ${"`$" + "{INDEX_PASSWORD}`"}, which the build does not have; pass \`--secret INDEX_PASSWORD\`\n`,
        )
        const said = yield* relaunch(
          [...flags, "--secret", "INDEX_PASSWORD", "--progress", "plain", "--json"],
          { env: { ...env, INDEX_PASSWORD: password } },
        )
        expect(said.code === 0 ? "" : said.stderr).toBe("")
        expect(asked.some((path) => path.startsWith("/files/"))).toBe(true)
        expect(said.stdout + said.stderr).not.toContain(password)
        const { image } = JSON.parse(said.stdout)
        const reference = encodeURIComponent(image.ref)
        for (const path of ["get", "history", "json"]) {
          const bytes = yield* engineBytes(`/images/${reference}/${path}`)
          expect(bytes.length).toBeGreaterThan(100)
          expect([path, bytes.includes(password)]).toEqual([path, false])
        }
        const holding = fs
          .readdirSync(home, { recursive: true, withFileTypes: true })
          .filter((item) => item.isFile())
          .map((item) => join(item.parentPath, item.name))
          .filter((path) => fs.readFileSync(path).includes(password))
        expect(holding).toEqual([])
      }),
    )
  }
})
