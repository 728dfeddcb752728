/** A server over a new store, as the tests of this package use it. */
import { join } from "node:path"
import type { Failure } from "@relaunch/failure"
import { type KeyScope, Store, storeLayer } from "@relaunch/store"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { serve } from "../src/index.ts"
import { temporaryFolder } from "./temporary.ts"

export interface Tested {
  readonly store: Store["Type"]
  readonly url: string
  /** Key of the user. */
  readonly key: string
}

export const place = { entity: "local", project: "p1" }

/** Runs `body` while a server listens on a free loopback port. */
export const withServer = <A>(
  body: (tested: Tested) => Promise<A>,
  home = join(temporaryFolder(), "home"),
): Promise<A> =>
  Effect.gen(function* () {
    const store = yield* Store
    const server = yield* serve({
      addresses: ["127.0.0.1"],
      port: 0,
      entity: "local",
      hostNames: ["host.docker.internal"],
    })
    const key = yield* store.keys.own("local")
    return yield* Effect.tryPromise({
      try: () => body({ store, url: server.urls[0] ?? "", key }),
      catch: (cause) => cause,
    })
  }).pipe(
    Effect.scoped,
    Effect.provide(storeLayer({ home })),
    Logger.withMinimumLogLevel(LogLevel.Error),
    Effect.runPromiseExit,
    (exit) =>
      exit.then((ended) => {
        if (Exit.isSuccess(ended)) return ended.value
        throw Cause.squash(ended.cause)
      }),
  )

export const run = <A>(effect: Effect.Effect<A, Failure>): Promise<A> => Effect.runPromise(effect)

export const basic = (key: string) => ({ Authorization: `Basic ${btoa(`api:${key}`)}` })

export const asJson = { "Content-Type": "application/json" }

export interface Reply {
  readonly status: number
  readonly body: {
    readonly data?: Record<string, unknown> | null
    readonly errors?: ReadonlyArray<{ readonly message: string }>
  }
}

export const ask = async (
  { key, url }: Pick<Tested, "key" | "url">,
  query: string,
  variables: Record<string, unknown> = {},
  operationName: string | null = "",
): Promise<Reply> => {
  const reply = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...basic(key), ...asJson },
    body: JSON.stringify({ query, variables, operationName }),
  })
  return { status: reply.status, body: (await reply.json()) as Reply["body"] }
}

export const runScope = (id: string): KeyScope => ({ entity: "local", run: { ...place, id } })

export const createFiles = `mutation($run: String!, $project: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: "local", projectName: $project, runName: $run, files: $files}) {
    files { name uploadUrl }
  }
}`

interface Created {
  readonly createRunFiles: { readonly files: ReadonlyArray<{ readonly uploadUrl: string }> }
}

/** Where the SDK would put that file of run `r1`. */
export const uploadUrl = async (
  tested: Pick<Tested, "key" | "url">,
  path: string,
  runName = "r1",
) => {
  const { body } = await ask(tested, createFiles, { run: runName, project: "p1", files: [path] })
  return (body.data as unknown as Created).createRunFiles.files[0]?.uploadUrl ?? ""
}

/** Where it would read it. */
export const readUrl = async (tested: Tested, path: string) => {
  const { body } = await ask(
    tested,
    `query($path: [String]) { project(name: "p1", entityName: "local") {
       run(name: "r1") { files(names: $path) { edges { node { directUrl } } } } } }`,
    { path: [path] },
  )
  const found = JSON.stringify(body).match(/"directUrl":"([^"]+)"/)
  return found?.[1] ?? ""
}
