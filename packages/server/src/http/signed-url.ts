/**
 * URLs for the bytes of files. The SDK sends no key with uploads and downloads, so each URL carries a
 * token: an HMAC of the method and the path, by a secret that all processes on one store share.
 */
import { createHmac, timingSafeEqual } from "node:crypto"

type Part = string | number

export interface SignedUrls {
  readonly get: (...path: ReadonlyArray<Part>) => string
  readonly put: (...path: ReadonlyArray<Part>) => string
}

type Method = "GET" | "PUT"

const tokenOf = (secret: string, method: Method, path: ReadonlyArray<Part>): string =>
  createHmac("sha256", secret)
    .update(JSON.stringify([method, ...path.map(String)]))
    .digest("base64url")

/** `base` is `http://host:port`, as the asker reaches us. */
export const signedUrls = (secret: string, base: string): SignedUrls => {
  const url =
    (method: Method) =>
    (...path: ReadonlyArray<Part>) =>
      [base, "storage", tokenOf(secret, method, path), ...path.map(encodeURIComponent)].join("/")
  return { get: url("GET"), put: url("PUT") }
}

/** `path` as it was before it was written into the URL. */
export const isSigned = (
  secret: string,
  method: Method,
  path: ReadonlyArray<string>,
  token: string,
): boolean => {
  const wanted = Buffer.from(tokenOf(secret, method, path))
  const given = Buffer.from(token)
  return wanted.length === given.length && timingSafeEqual(wanted, given)
}
