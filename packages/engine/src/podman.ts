/**
 * Podman's Docker-compatible API. Podman has no daemon: its service is started on a private socket and
 * ends with the scope. Containers are not its children and go on without it.
 */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Endpoint, Environment } from "./endpoint.ts"
import { ping } from "./transport.ts"

const endpointAt = (socket: string, origin: string): Endpoint => ({
  address: `unix://${socket}`,
  socket,
  url: "http://engine",
  tls: undefined,
  origin,
})

const privateFolder: Effect.Effect<string, Failure, Scope.Scope> = Effect.acquireRelease(
  Effect.try({
    try: () => fs.mkdtempSync(join(tmpdir(), "relaunch-podman-")),
    catch: (cause) =>
      failure("E_ENGINE", `No folder for podman's socket can be made: ${reasonOf(cause)}`, {
        hints: ["Free space in the folder for temporary files, or set TMPDIR to another"],
        cause,
      }),
  }),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true })),
)

const started = (socket: string, env: Environment) =>
  Effect.acquireRelease(
    Effect.try({
      try: () =>
        Bun.spawn(["podman", "system", "service", "--time=0", `unix://${socket}`], {
          stdin: "ignore",
          stdout: "ignore",
          stderr: "pipe",
          env,
        }),
      catch: (cause) =>
        failure("E_ENGINE_UNREACHABLE", "`podman` was not found on PATH", {
          hints: ["Install podman, or choose another builder with `--builder`"],
          cause,
        }),
    }),
    (child) =>
      Effect.promise(async () => {
        child.kill("SIGTERM")
        await child.exited
      }),
  )

/** `CONTAINER_HOST` when it is a unix socket, as podman's own remote client has it; else a service of ours. */
export const podmanEndpoint = (env: Environment): Effect.Effect<Endpoint, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const given = /^unix:\/\/(.+)$/.exec(env["CONTAINER_HOST"] ?? "")?.[1]
    if (given !== undefined) return endpointAt(given, "CONTAINER_HOST")
    const socket = join(yield* privateFolder, "podman.sock")
    const child = yield* started(socket, env)
    const endpoint = endpointAt(socket, "podman's own service")
    const ended = Effect.flatMap(
      Effect.promise(async () => {
        const [said] = await Promise.all([child.stderr.text(), child.exited])
        return said.trim().split("\n").at(-1) ?? ""
      }),
      (said) =>
        Effect.fail(
          failure("E_ENGINE_UNREACHABLE", `Podman's service ended: ${said || "without a word"}`, {
            hints: ["Try `podman info`; it says what is missing"],
          }),
        ),
    )
    const ready = ping(endpoint).pipe(
      Effect.retry(Schedule.spaced("50 millis")),
      Effect.timeoutFail({
        duration: "20 seconds",
        onTimeout: () =>
          failure("E_ENGINE_HANGS", "Podman's service does not answer", {
            hints: ["Try `podman info`; it says what is wrong"],
          }),
      }),
    )
    // The loser must be interruptible, wherever this is asked from.
    yield* Effect.interruptible(Effect.raceFirst(ready, ended))
    return endpoint
  })
