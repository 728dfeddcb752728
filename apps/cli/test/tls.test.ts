/** Daemons behind TLS that files name: the right certificates work, with all others it is said what is wrong. */
import { describe, expect } from "bun:test"
import { createHash } from "node:crypto"
import { copyFileSync } from "node:fs"
import { join } from "node:path"
import {
  liveEffect,
  type TlsFiles,
  temporaryFolder,
  tlsFiles,
  tlsServer,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"

/** Names of files: what the client has, and the certificate that the daemon shows. */
interface Certificates {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly certificate: string
}

const right = { ca: "ca.pem", cert: "cert.pem", key: "key.pem", certificate: "server.pem" }
const { certificate, ca, ...pair } = right

const wrong: Readonly<Record<string, readonly [Certificates, RegExp]>> = {
  "no certificate of the client": [{ ca, certificate }, /certificate required|ended/],
  "a certificate of the client that has expired": [
    { ...right, cert: "cert-expired.pem" },
    /closed|ended/,
  ],
  "no authority": [{ ...pair, certificate }, /self signed certificate/],
  "an authority that did not sign the daemon's": [
    { ...right, ca: "stranger.pem" },
    /self signed certificate/,
  ],
  "a daemon whose certificate has expired": [
    { ...right, certificate: "server-expired.pem" },
    /certificate has expired/,
  ],
}

const socketOf = (host: string) => host.replace("unix://", "")

const withStranger = Effect.gen(function* () {
  const [files, stranger] = [yield* tlsFiles, yield* tlsFiles]
  copyFileSync(join(stranger.folder, "ca.pem"), join(files.folder, "stranger.pem"))
  return files
})

/** What a user writes down for each builder, in the project and at home. */
const settings = {
  buildkit: (port: number, { folder }: TlsFiles, { ca, cert, key }: Certificates) => ({
    project: [
      `builder:\n  type: buildkit\n  address: tcp://127.0.0.1:${port}`,
      ...Object.entries({ ca, cert, key }).flatMap(([name, file]) =>
        file === undefined ? [] : `  ${name}: ${join(folder, file)}`,
      ),
      "",
    ].join("\n"),
    home: {},
    env: {},
  }),
  docker: (port: number, { read }: TlsFiles, { ca, cert, key }: Certificates) => {
    const id = createHash("sha256").update("far").digest("hex")
    const Host = `tcp://127.0.0.1:${port}`
    return {
      project: "builder:\n  type: docker\n  context: far\n",
      home: {
        [`.docker/contexts/meta/${id}/meta.json`]: JSON.stringify({
          Name: "far",
          Endpoints: { docker: { Host, SkipTLSVerify: false } },
        }),
        ...Object.fromEntries(
          Object.entries({ ca, cert, key }).flatMap(([name, file]) =>
            file === undefined
              ? []
              : [[`.docker/contexts/tls/${id}/docker/${name}.pem`, read(file)]],
          ),
        ),
      },
      env: { DOCKER_HOST: undefined },
    }
  },
}

const words = {
  buildkit: /^No secure connection to the BuildKit daemon at `tcp:\/\/127\.0\.0\.1:\d+`: /,
  docker:
    /^No secure connection to the container engine at `tcp:\/\/127\.0\.0\.1:\d+` \(docker context `far`\): /,
}

const launched = (builder: keyof typeof settings, certificates: Certificates) =>
  Effect.gen(function* () {
    const files = yield* withStranger
    const socket = socketOf((builder === "docker" ? rig.engine : rig.buildkit).host)
    const { port } = yield* tlsServer(socket, files, { certificate: certificates.certificate })
    const { env, home, project } = settings[builder](port, files, certificates)
    const cwd = yield* temporaryFolder({
      "main.py": `print("over TLS") # ${crypto.randomUUID()}\n`,
      "relaunch.yaml": project,
    })
    const { home: folder, json, relaunch } = yield* machine
    yield* writeFiles(folder, home)
    const flags = ["--uri", ".", "-p", "demo", "-E", "python main.py"]
    return {
      finished: yield* relaunch([...flags, "--json"], { cwd, env }),
      listed: yield* json(["builder", "list"], { cwd, env }),
    }
  })

for (const builder of ["buildkit", "docker"] as const) {
  describe(`${builder} behind TLS`, () => {
    liveEffect("builds with the certificates that the files name", () =>
      Effect.gen(function* () {
        const { finished, listed } = yield* launched(builder, right)
        expect(finished.code === 0 ? "" : finished.stdout).toBe("")
        expect(JSON.parse(finished.stdout).image.cached).toBe(false)
        expect(listed).toContainEqual(expect.objectContaining({ name: builder, reachable: true }))
      }),
    )

    for (const [what, [certificates, reason]] of Object.entries(wrong)) {
      liveEffect(`with ${what} says so`, () =>
        Effect.gen(function* () {
          const { finished, listed } = yield* launched(builder, certificates)
          const { error } = JSON.parse(finished.stdout)
          expect([finished.code, error.code]).toEqual([5, "E_ENGINE_UNREACHABLE"])
          expect(error.message).toMatch(words[builder])
          expect(error.message.replace(words[builder], "")).toMatch(reason)
          expect(error.hints.join()).toMatch(/^Check `ca/)
          const { reachable, reason: told } = listed.find(
            ({ name }: { readonly name: string }) => name === builder,
          )
          expect([reachable, told]).toEqual([false, expect.stringMatching(reason)])
        }),
      )
    }
  })
}
