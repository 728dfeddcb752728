/**
 * Podman's Docker-compatible API. Podman has no daemon: its service is started on a private socket and
 * ends with the scope. Containers are not its children and go on without it.
 */
import { basename, dirname, join } from "node:path"
import { type Failure, failure } from "@relaunch/failure"
import { temporaryFolder } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { hasBuildGroups } from "./build-group.ts"
import type { Endpoint, Environment } from "./endpoint.ts"
import { ping } from "./transport.ts"

const endpointAt = (socket: string, origin: string): Endpoint => ({
  address: `unix://${socket}`,
  socket,
  url: "http://engine",
  tls: undefined,
  origin,
})

/**
 * Its input is a pipe of ours, which closes when we end, however that happens; then the service ends
 * too, after what builds of ours still run, and a moment to clean up after those. What waits for that
 * must not hold the error output open.
 */
const whileWeLive = `exec 3<&0
podman system service --time=0 "$1" 3<&- </dev/null & service=$!
running() { find /sys/fs/cgroup -path "*$1*" -name cgroup.procs -exec cat {} +; }
{
  cat <&3 >/dev/null
  tries=0
  while [ -n "$2" ] && [ $tries -lt 20 ] && pids=$(running "$2") && [ -n "$pids" ]; do
    kill -9 $pids; sleep 0.1; tries=$((tries+1))
  done
  [ $tries -eq 0 ] || sleep 1
  kill $service
} 2>/dev/null &
wait $service`

const started = (socket: string, group: string, env: Environment) =>
  Effect.acquireRelease(
    Effect.suspend(() =>
      Bun.which("podman", { PATH: env["PATH"] ?? "" }) === null
        ? Effect.fail(
            failure("E_ENGINE_UNREACHABLE", "`podman` was not found on PATH", {
              hints: ["Install podman, or choose another builder with `--builder`"],
            }),
          )
        : Effect.sync(() =>
            Bun.spawn(["/bin/sh", "-c", whileWeLive, "sh", `unix://${socket}`, group], {
              stdin: "pipe",
              stdout: "ignore",
              stderr: "pipe",
              env,
              // A ctrl-C on the terminal is for us: what we stop then, we stop through the service.
              detached: true,
            }),
          ),
    ),
    (child) =>
      Effect.promise(async () => {
        await child.stdin.end()
        await child.exited
      }),
  )

/** `CONTAINER_HOST` when it is a unix socket, as podman's own remote client has it; else a service of ours. */
export const podmanEndpoint = (env: Environment): Effect.Effect<Endpoint, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const given = /^unix:\/\/(.+)$/.exec(env["CONTAINER_HOST"] ?? "")?.[1]
    if (given !== undefined) return endpointAt(given, "CONTAINER_HOST")
    const folder = yield* temporaryFolder("podman")
    const socket = join(folder, "podman.sock")
    const group = hasBuildGroups() ? basename(dirname(folder)) : undefined
    const child = yield* started(socket, group ?? "", env)
    const endpoint: Endpoint = {
      ...endpointAt(socket, "podman's own service"),
      ...(group === undefined ? {} : { buildGroup: group }),
    }
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
