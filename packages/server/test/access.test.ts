/** Who is answered, and what is said under paths that are not there. */
import { afterAll, describe, expect, test } from "bun:test"
import { hostCheck, originCheck } from "../src/http/host.ts"
import {
  asJson,
  ask,
  basic,
  createFiles,
  place,
  run,
  runScope,
  type Tested,
  withServer,
} from "./server.ts"
import { removeTemporary } from "./temporary.ts"

afterAll(removeTemporary)

const stream = (
  { url }: Pick<Tested, "url">,
  key: string,
  path: string,
  body: unknown = { files: {} },
) =>
  fetch(`${url}/files/${path}/file_stream`, {
    method: "POST",
    headers: basic(key),
    body: JSON.stringify(body),
  })

describe("who is answered", () => {
  test("every call needs a known key", () =>
    withServer(async (tested) => {
      const headers: ReadonlyArray<Record<string, string>> = [
        {},
        basic("0".repeat(40)),
        basic(""),
        { Authorization: "Basic !!!" },
        { Authorization: `Bearer ${tested.key}` },
      ]
      for (const each of headers) {
        for (const path of ["graphql", "files/local/p1/r1/file_stream"]) {
          const reply = await fetch(`${tested.url}/${path}`, {
            method: "POST",
            headers: each,
            body: `{"query":"{ viewer { entity } }"}`,
          })
          expect(reply.status).toBe(401)
          expect(await reply.json()).toEqual({
            errors: [{ message: "The API key is missing or not known to this server" }],
          })
        }
      }
      const { body } = await ask(tested, "{ viewer { entity } }")
      expect(body).toEqual({ data: { viewer: { entity: "local" } } })
    }))

  test("a run's key writes to its own project and reads everything", () =>
    withServer(async (tested) => {
      const key = await run(tested.store.keys.issue(runScope("r1")))
      await run(tested.store.sdk.runs.start({ ...place, project: "other", id: "x" }, {}))
      const own = await ask({ ...tested, key }, createFiles, {
        run: "r2",
        project: "P1",
        files: ["a"],
      })
      expect(own.body.errors).toBeUndefined()
      const foreign = await ask({ ...tested, key }, createFiles, {
        run: "x",
        project: "other",
        files: ["a"],
      })
      expect(foreign.body.errors?.[0]?.message).toBe(
        "The key of run `r1` may write only to `local/p1`, not to `local/other`",
      )
      const read = await ask(
        { ...tested, key },
        `{ project(name: "other", entityName: "local") { run(name: "x") { name } } }`,
      )
      expect(read.body).toEqual({ data: { project: { run: { name: "x" } } } })
      await run(tested.store.sdk.runs.start({ ...place, id: "r3" }, {}))
      expect((await stream(tested, key, "local/P1/r3")).status).toBe(200)
      expect((await stream(tested, key, "local/other/x")).status).toBe(403)
      await run(tested.store.keys.revoke({ ...place, id: "r1" }))
      expect((await stream(tested, key, "local/p1/r3")).status).toBe(401)
    }))

  test("a run's key writes into the job that the run uses, though it lies elsewhere", () =>
    withServer(async (tested) => {
      const { store } = tested
      const key = await run(store.keys.issue(runScope("r1")))
      const log = (type: string) =>
        run(
          store.artifacts.log({
            ...place,
            project: "jobs",
            type,
            name: `some-${type}`,
            files: [],
            aliases: [],
            description: null,
            metadata: { _partial: true },
            createdByRun: null,
          }),
        )
      const update = async (id: string, more: Record<string, unknown> = {}) => {
        const { body } = await ask(
          { ...tested, key },
          "mutation U($input: X!) { updateArtifact(input: $input) { artifact { metadata } } }",
          { input: { artifactID: id, metadata: "{}", ...more } },
        )
        return body.errors?.[0]?.message ?? body.data
      }
      const refused = "The key of run `r1` may write only to `local/p1`, not to `local/jobs`"
      const { artifact: job } = await log("job")
      const { artifact: data } = await log("dataset")
      expect(await update(job.id)).toBe(refused)
      for (const { id } of [job, data])
        await run(store.sdk.artifacts.use({ ...place, id: "r1" }, id))
      expect(await update(job.id)).toEqual({ updateArtifact: { artifact: { metadata: "{}" } } })
      expect(await update(job.id, { aliases: [{ alias: "prod" }] })).toBe(refused)
      expect(await update(data.id)).toBe(refused)
    }))

  test("other host names are refused, whatever the path", () =>
    withServer(async ({ key, url }) => {
      const { port } = new URL(url)
      const status = async (host: string, path: string) =>
        (await fetch(`${url}${path}`, { headers: { ...basic(key), Host: host } })).status
      for (const path of ["/", "/graphql", "/storage/x/run-file/1/a"]) {
        expect(await status(`evil.example:${port}`, path)).toBe(403)
      }
      expect(await status(`localhost:${port}`, "/")).toBe(200)
      expect(await status("host.docker.internal", "/")).toBe(200)
    }))

  test("pages of other servers are refused, and so are questions as a form sends them", () =>
    withServer(async ({ key, url }) => {
      const { port } = new URL(url)
      const status = async (headers: Record<string, string>, path = "/graphql") => {
        const reply = await fetch(`${url}${path}`, {
          method: "POST",
          headers: { ...basic(key), ...asJson, ...headers },
          body: `{"query":"{ viewer { entity } }"}`,
        })
        return reply.status
      }
      for (const path of [
        "/graphql",
        "/files/local/p1/r1/file_stream",
        "/storage/x/run-file/1/a",
      ]) {
        expect(await status({ Origin: "http://evil.example" }, path)).toBe(403)
      }
      expect(await status({ Origin: `http://localhost:${port}` })).toBe(200)
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/json", ""]) {
        expect([type, await status({ "Content-Type": type })]).toEqual([type, 415])
      }
      for (const type of ["application/json; charset=utf-8", "application/graphql+json"]) {
        expect([type, await status({ "Content-Type": type })]).toEqual([type, 200])
      }
    }))

  test("an origin is ours by its address, and the port that was asked", () => {
    const check = originCheck(hostCheck(["127.0.0.1", "::1"], []))
    for (const origin of [
      null,
      "http://localhost:7711",
      "http://127.0.0.1:7711",
      "http://[::1]:7711",
    ])
      expect([origin, check(origin, "localhost:7711")]).toEqual([origin, true])
    for (const origin of [
      "null",
      "",
      "http://localhost",
      "http://localhost:3000",
      "https://localhost:7711",
      "http://evil:7711",
      "http://localhost@evil:7711",
    ]) {
      expect([origin, check(origin, "localhost:7711")]).toEqual([origin, false])
    }
    expect(check("http://localhost", "localhost:80")).toBe(true)
  })

  test("host names are compared whole, without port and case", () => {
    const check = hostCheck(["127.0.0.1", "::1"], ["Host.Docker.Internal"])
    for (const host of [
      "127.0.0.1",
      "127.0.0.1:8",
      "[::1]:80",
      "[::1]",
      "LOCALHOST:1",
      "host.docker.internal:9",
    ]) {
      expect([host, check(host)]).toEqual([host, true])
    }
    for (const host of ["", "127.0.0.1.evil", "evil", "10.0.0.1", "localhost.evil:80"]) {
      expect([host, check(host)]).toEqual([host, false])
    }
    expect(check(null)).toBe(false)
    const wildcard = hostCheck(["0.0.0.0"], [])
    expect([wildcard("192.168.1.2:80"), wildcard("evil")]).toEqual([true, false])
  })
})

describe("paths", () => {
  test("a person who looks in is told what this is; telemetry finds no place", () =>
    withServer(async ({ url }) => {
      const welcome = await fetch(url)
      expect([welcome.status, await welcome.text()]).toEqual([
        200,
        expect.stringContaining("WANDB_BASE_URL"),
      ])
      for (const path of ["sdk/otel/v1/metrics", "sdk/otel/v1/logs", "oidc/config", "files/a/b"]) {
        expect((await fetch(`${url}/${path}`, { method: "POST" })).status).toBe(404)
      }
      expect((await fetch(`${url}/graphql`)).status).toBe(405)
      expect((await fetch(`${url}/%E0%A4%A`)).status).toBe(400)
    }))

  test("what cannot be read is a 400 with a message", () =>
    withServer(async ({ key, url }) => {
      for (const body of ["", "{", "[]", `{"query":1}`, `{"query":"{ viewer"}`]) {
        const reply = await fetch(`${url}/graphql`, {
          method: "POST",
          headers: { ...basic(key), ...asJson },
          body,
        })
        expect([body, reply.status]).toEqual([body, 400])
        const { errors } = (await reply.json()) as { errors: ReadonlyArray<{ message: string }> }
        expect(errors[0]?.message).toMatch(/\w/)
      }
      expect((await stream({ url }, key, "local/p1/r1", { files: { a: 1 } })).status).toBe(400)
    }))

  test("lines of a run that is not there are kept; at places that cannot be, they are refused and change nothing", () =>
    withServer(async (tested) => {
      const { key, store } = tested
      const post = async (path: string, offset: number) => {
        const reply = await stream(tested, key, path, {
          files: { "output.log": { offset, content: ["x"] } },
        })
        return [reply.status, await reply.json()]
      }
      const said = (message: string) => ({ errors: [{ message }] })
      expect(await post("local/p1/none", 0)).toEqual([200, {}])
      const [made] = await run(store.runs.list({}))
      expect(made?.id).toBe("none")
      const r1 = { ...place, id: "r1" }
      await run(store.sdk.runs.start(r1, {}))
      for (const offset of [-1, 0.5]) {
        expect(await post("local/p1/r1", offset)).toEqual([
          400,
          said(`Offset ${offset} of \`output.log\` is no number of a line`),
        ])
      }
      expect(await run(store.runs.lines(r1, "output.log"))).toEqual([])
    }))

  test("a compressed post is understood", () =>
    withServer(async ({ key, store, url }) => {
      const post = { files: { "output.log": { offset: 0, content: ["hello"] } } }
      await run(store.sdk.runs.start({ ...place, id: "r 1" }, {}))
      const reply = await fetch(`${url}/files/local/p1/r%201/file_stream`, {
        method: "POST",
        headers: { ...basic(key), "Content-Encoding": "gzip" },
        body: Bun.gzipSync(JSON.stringify(post)),
      })
      expect([reply.status, await reply.text()]).toEqual([200, "{}"])
      expect(await run(store.runs.lines({ ...place, id: "r 1" }, "output.log"))).toEqual(["hello"])
    }))
})
