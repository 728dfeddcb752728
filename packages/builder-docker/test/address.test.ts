/** Engines by their addresses: the same one must be built on as is asked for everything else. */
import { expect, test } from "bun:test"
import { findEndpoint } from "@relaunch/engine"
import * as Effect from "effect/Effect"
import { addressOf } from "../src/address.ts"

test.each([
  ["unix:///run/x.sock", { kind: "unix", path: "/run/x.sock" }, {}],
  ["tcp://[::1]:2375", { kind: "tcp", host: "::1", port: 2375 }, {}],
  ["tcp://[fe80::1]", { kind: "tcp", host: "fe80::1", port: 2375 }, {}],
  ["tcp://build.example:80", { kind: "tcp", host: "build.example", port: 80 }, {}],
  ["https://build.example:443", { kind: "tcp", host: "build.example", port: 443 }, { tls: {} }],
])("%s of DOCKER_HOST is built on there", async (host, engine, options) => {
  const endpoint = await Effect.runPromise(findEndpoint({ DOCKER_HOST: host }))
  expect<unknown>(addressOf(endpoint)).toEqual({ address: { kind: "dockerd", engine }, options })
})
