/** A base image that only a login gets: the open registry's Python, in the registry that asks for one. */
import * as Effect from "effect/Effect"
import { rig } from "./command.ts"

const { login, open } = rig.registry
const kind = "application/vnd.docker.distribution.manifest.v2+json"
const authorization = `Basic ${btoa(`${login.user}:${login.password}`)}`

const at = (path: string) => `http://${login.address}/v2/team/python/${path}`
const given = (path: string) => `http://${open.address}/v2/library/python/${path}`

const checked = async (answer: Promise<Response>): Promise<Response> => {
  const response = await answer
  if (!response.ok) throw new Error(`A registry answered ${response.status}`)
  return response
}

const copied = async (digest: string): Promise<void> => {
  const headers = { authorization }
  if ((await fetch(at(`blobs/${digest}`), { method: "HEAD", headers })).ok) return
  const begun = await checked(fetch(at("blobs/uploads/"), { method: "POST", headers }))
  const place = new URL(begun.headers.get("location") ?? "", at(""))
  place.searchParams.set("digest", digest)
  const body = await (await checked(fetch(given(`blobs/${digest}`)))).bytes()
  await checked(fetch(place, { method: "PUT", headers, body }))
}

/** Its name. The rig keeps it, so that it is copied once. */
export const privateBase = Effect.promise(async () => {
  const manifest = await (
    await checked(fetch(given("manifests/3.13-slim"), { headers: { accept: kind } }))
  ).text()
  const {
    config,
    layers,
  }: { config: { digest: string }; layers: ReadonlyArray<{ digest: string }> } =
    JSON.parse(manifest)
  for (const { digest } of [config, ...layers]) await copied(digest)
  const headers = { authorization, "content-type": kind }
  await checked(fetch(at("manifests/3.13-slim"), { method: "PUT", headers, body: manifest }))
  return `${login.address}/team/python:3.13-slim`
})
