/** An authority, a server and a client of it, made on the spot. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"

const openssl = (folder: string, ...args: ReadonlyArray<string>) => {
  const said = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" })
  if (said.status !== 0) throw new Error(`openssl ${args.join(" ")}\n${said.stderr}`)
}

const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

/** `ca.pem`, `server.pem` with `server.key`, and for a client docker's `cert.pem` with `key.pem`. */
export const certificates = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  openssl(
    folder,
    ...["req", "-x509", ...key, "-days", "2", "-subj", "/CN=authority for tests"],
    ...["-keyout", "ca.key", "-out", "ca.pem"],
  )
  for (const [name, keyFile, file, use] of [
    ["server", "server.key", "server.pem", "serverAuth"],
    ["client", "key.pem", "cert.pem", "clientAuth"],
  ] as const) {
    fs.writeFileSync(
      join(folder, "extensions"),
      `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${use}\n`,
    )
    openssl(
      folder,
      "req",
      ...key,
      "-subj",
      `/CN=${name}`,
      "-keyout",
      keyFile,
      "-out",
      "request.pem",
    )
    openssl(
      folder,
      ...["x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key"],
      ...["-CAcreateserial", "-days", "2", "-extfile", "extensions", "-out", file],
    )
  }
  const read = (file: string) => fs.readFileSync(join(folder, file), "utf8")
  return { folder, read }
})
