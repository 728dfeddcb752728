/**
 * Proof towards the daemon that two sessions hold the same login, so that it may use one session's
 * registry token for the other (moby/buildkit `session/auth/authprovider`): an ed25519 key made of a seed
 * and the daemon's salt. It says nothing of the login itself.
 */
import { createHmac, createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto"

/** One per process and registry: logins are not compared across programs. */
const seeds = new Map<string, Buffer>()

const seedOf = (host: string): Buffer => {
  const seed = seeds.get(host) ?? randomBytes(16)
  seeds.set(host, seed)
  return seed
}

/** PKCS #8 of an ed25519 key, up to its 32 bytes (RFC 8410). */
const keyPrefix = Buffer.from("302e020100300506032b657004220420", "hex")

const keyFor = (host: string, salt: Uint8Array, hasLogin: boolean) => {
  const mac = createHmac("sha256", salt)
  if (hasLogin) mac.update(seedOf(host))
  return createPrivateKey({
    key: Buffer.concat([keyPrefix, mac.digest()]),
    format: "der",
    type: "pkcs8",
  })
}

export const publicKeyFor = (host: string, salt: Uint8Array, hasLogin: boolean): Uint8Array =>
  createPublicKey(keyFor(host, salt, hasLogin))
    .export({ format: "der", type: "spki" })
    .subarray(-32)

/** Signature with the payload behind it, as NaCl's `sign` gives it. */
export const signedFor = (
  host: string,
  salt: Uint8Array,
  hasLogin: boolean,
  payload: Uint8Array,
): Uint8Array => Buffer.concat([sign(null, payload, keyFor(host, salt, hasLogin)), payload])
