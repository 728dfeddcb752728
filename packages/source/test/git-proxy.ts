/** A git server over https before the rig's own: other logins, other manners. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { rig } from "./git-user.ts"

export interface ProxyOptions {
  /** What the client must send, `user:password`; absent for a server that asks for nothing. */
  readonly login?: string
  /** Called before a request is passed on; what it waits for, the client waits for. */
  readonly before?: (path: string, body: string) => Promise<void>
}

const certificate = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const said = spawnSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "2", "-subj", "/CN=proxy", "-addext", "subjectAltName=IP:127.0.0.1"],
      ...["-keyout", "key.pem", "-out", "cert.pem"],
    ],
    { cwd: folder, encoding: "utf8" },
  )
  if (said.status !== 0) throw new Error(said.stderr)
  const read = (name: string) => fs.readFileSync(join(folder, name), "utf8")
  return { cert: read("cert.pem"), key: read("key.pem") }
})

export const gitProxy = ({ before, login }: ProxyOptions = {}) =>
  Effect.gen(function* () {
    const { cert, key } = yield* certificate
    const authority = fs.readFileSync(rig.git.https.authority, "utf8")
    const own = `Basic ${btoa(`${rig.git.https.user}:${rig.git.https.password}`)}`
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Bun.serve({
          hostname: "127.0.0.1",
          port: 0,
          idleTimeout: 0,
          tls: { cert, key },
          fetch: async (request) => {
            const { pathname, search } = new URL(request.url)
            const given = request.headers.get("authorization")
            if (login !== undefined && given !== `Basic ${btoa(login)}`) {
              return new Response("", {
                status: 401,
                headers: { "www-authenticate": 'Basic realm="proxy"' },
              })
            }
            const body = new Uint8Array(await request.arrayBuffer())
            await before?.(pathname, new TextDecoder().decode(body))
            const headers = new Headers(request.headers)
            headers.set("authorization", own)
            headers.delete("host")
            const answer = await fetch(`${rig.git.https.url}${pathname}${search}`, {
              method: request.method,
              headers,
              tls: { ca: authority },
              ...(request.method === "POST" ? { body } : {}),
            })
            return new Response(answer.body, { status: answer.status, headers: answer.headers })
          },
        }),
      ),
      (running) => Effect.promise(() => running.stop(true)),
    )
    return {
      authority: cert,
      url: `https://127.0.0.1:${server.port}`,
      host: `127.0.0.1:${server.port}`,
    }
  })
