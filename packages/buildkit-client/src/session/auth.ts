/** Registry logins and tokens for the daemon; the login itself leaves this process only if it must. */
import * as Effect from "effect/Effect"
import { answering, type Handlers } from "../grpc/server.ts"
import { rpcError } from "../grpc/status.ts"
import * as Wire from "../wire/session.ts"
import { publicKeyFor, signedFor } from "./authority.ts"
import type { CredentialSource, Credentials } from "./credentials.ts"

/** When the registry does not say; the distribution specification's default is 60. */
const defaultLifetime = 60
const clientName = "buildkit-client"

interface Token {
  readonly token: string
  readonly expiresIn: number
  readonly issuedAt: number
}

const readToken = async (response: Response, host: string): Promise<Token> => {
  if (!response.ok) {
    throw rpcError("UNAUTHENTICATED", `${host} gave no token: HTTP status ${response.status}`)
  }
  const said: unknown = await response.json()
  const field = (name: string): unknown =>
    typeof said === "object" && said !== null ? Reflect.get(said, name) : undefined
  const token = field("token") ?? field("access_token")
  if (typeof token !== "string" || token === "") {
    throw rpcError("UNAUTHENTICATED", `${host} gave no token`)
  }
  const issued = Date.parse(String(field("issued_at")))
  return {
    token,
    expiresIn: Number(field("expires_in")) || defaultLifetime,
    issuedAt: Number.isNaN(issued) ? 0 : Math.floor(issued / 1000),
  }
}

/** Statuses by which registries say that they know only GET. */
const wantsGet = (status: number, username: string): boolean =>
  status === 404 || status === 401 || (status === 405 && username !== "")

/** OAuth2 POST with a login, GET without one or where POST is not known (distribution "Token"). */
const fetchToken = async (
  { host, realm, scopes, service }: Wire.FetchTokenRequest,
  login: Credentials | undefined,
  signal: AbortSignal,
): Promise<Token> => {
  const url = URL.parse(realm)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw rpcError("INVALID_ARGUMENT", `${host} names no address for tokens`)
  }
  if (login !== undefined) {
    const secret: Record<string, string> =
      login.username === ""
        ? { grant_type: "refresh_token", refresh_token: login.secret }
        : { grant_type: "password", username: login.username, password: login.secret }
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams({
        ...secret,
        service,
        client_id: clientName,
        ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
      }),
      // A login must not follow to where a registry points.
      redirect: "error",
      signal,
    })
    if (!wantsGet(response.status, login.username)) return readToken(response, host)
  }
  if (service !== "") url.searchParams.set("service", service)
  for (const scope of scopes) url.searchParams.append("scope", scope)
  const basic =
    login === undefined || login.username === ""
      ? undefined
      : Buffer.from(`${login.username}:${login.secret}`).toString("base64")
  const headers: Record<string, string> =
    basic === undefined ? {} : { authorization: `Basic ${basic}` }
  return readToken(
    await fetch(url, { headers, redirect: basic === undefined ? "follow" : "error", signal }),
    host,
  )
}

export const authHandlers = (source: CredentialSource): Handlers => {
  const loginOf = (host: string, signal: AbortSignal) => Effect.runPromise(source(host), { signal })
  const hasLogin = async (host: string, signal: AbortSignal) =>
    (await loginOf(host, signal)) !== undefined
  const service = "/moby.filesync.v1.Auth/"
  return {
    [`${service}Credentials`]: answering(
      Wire.CredentialsRequest,
      Wire.CredentialsResponse,
      async ({ host }, over) => (await loginOf(host, over)) ?? {},
    ),
    [`${service}FetchToken`]: answering(
      Wire.FetchTokenRequest,
      Wire.FetchTokenResponse,
      async (request, over) => {
        try {
          return await fetchToken(request, await loginOf(request.host, over), over)
        } catch (error) {
          if (error instanceof Error && "code" in error && "reason" in error) throw error
          throw rpcError("UNAVAILABLE", `no token from ${request.host}: ${String(error)}`)
        }
      },
    ),
    [`${service}GetTokenAuthority`]: answering(
      Wire.GetTokenAuthorityRequest,
      Wire.GetTokenAuthorityResponse,
      async ({ host, salt }, over) => ({
        publicKey: publicKeyFor(host, salt, await hasLogin(host, over)),
      }),
    ),
    [`${service}VerifyTokenAuthority`]: answering(
      Wire.VerifyTokenAuthorityRequest,
      Wire.VerifyTokenAuthorityResponse,
      async ({ host, payload, salt }, over) => ({
        signed: signedFor(host, salt, await hasLogin(host, over), payload),
      }),
    ),
  }
}
