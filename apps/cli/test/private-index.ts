/** A package index that answers to a login alone, where builds on the rig's engines reach it. */
import { join } from "node:path"
import { temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { rig } from "./command.ts"

const socket = rig.engine.host.replace("unix://", "")

export const engineBytes = (path: string) =>
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
export const privateIndex = (login: string) =>
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
