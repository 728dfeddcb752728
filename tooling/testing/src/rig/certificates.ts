/** A certificate authority of the rig's own and the certificate of its https server. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { output, type Problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { rigPlaces } from "./places.ts"

export interface Certificates {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

const newKey = ["-newkey", "rsa:2048", "-nodes", "-sha256"]

/** Made once; paths of PEM files. */
export const ensureCertificates: Effect.Effect<Certificates, Problem> = Effect.gen(function* () {
  const folder = join(rigPlaces().cache, "certificates")
  const at = (name: string) => join(folder, name)
  const files = { authority: at("ca.pem"), certificate: at("server.pem"), key: at("server.key") }
  if (existsSync(at("complete"))) return files
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const request = at("server.csr")
  const extensions = at("server.ext")
  writeFileSync(
    extensions,
    "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n",
  )
  yield* output([
    ...[
      "openssl",
      "req",
      "-x509",
      ...newKey,
      "-days",
      "3650",
      "-subj",
      "/CN=relaunch test authority",
    ],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    ...["-keyout", at("ca.key"), "-out", files.authority],
  ])
  yield* output([
    ...["openssl", "req", ...newKey, "-subj", "/CN=localhost"],
    ...["-keyout", files.key, "-out", request],
  ])
  yield* output([
    ...[
      "openssl",
      "x509",
      "-req",
      "-sha256",
      "-days",
      "3650",
      "-in",
      request,
      "-out",
      files.certificate,
    ],
    ...["-CA", files.authority, "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", extensions],
  ])
  writeFileSync(at("complete"), "")
  return files
})
