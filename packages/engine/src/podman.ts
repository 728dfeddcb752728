/**
 * Podman's Docker-compatible API. Podman has no daemon: its service is started on a private socket and
 * ends with the scope. Containers are not its children and go on without it.
 */
import { basename, dirname, join } from "node:path"
import { type Failure, failure } from "@relaunch/failure"
import { temporaryFolder } from "@relaunch/lock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { endBuildGroup, hasBuildGroups } from "./build-group.ts"
import { endBuildProcesses } from "./build-processes.ts"
import { type AddressForms, type Endpoint, type Environment, placeOf } from "./endpoint.ts"
import type { PullPlace } from "./image.ts"
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
 * too, after what builds of ours still run, and a moment to clean up after those. That is what is in our
 * control group, or without one what `endBuildProcesses` ends. What waits for that must not hold the error
 * output open. The first podman of a user who is not root runs itself again as its child, which its end does
 * not always reach.
 */
const whileWeLive = `exec 3<&0
podman --log-level="$3" system service --time=0 "$1" 3<&- </dev/null & service=$!
below() { for pid in $(cat "/proc/$1/task/"*/children); do echo "$pid"; below "$pid"; done; }
running() {
  if [ -n "$1" ]; then find /sys/fs/cgroup -path "*$1*" -name cgroup.procs -exec cat {} +; return; fi
  for step in $(below "$service"); do
    case $(tr '\\0' ' ' <"/proc/$step/cmdline") in
      "buildah-oci-runtime "*|"buildah-chroot-runtime "*) below "$step";;
    esac
  done
}
{
  cat <&3 >/dev/null
  tries=0
  while [ $tries -lt 20 ]; do
    pids=$(running "$2")
    [ -n "$pids" ] || break
    kill -9 $pids; sleep 0.1; tries=$((tries+1))
  done
  [ $tries -eq 0 ] || sleep 1
  again=
  for pid in $(cat "/proc/$service/task/"*/children); do
    case $(tr '\\0' ' ' <"/proc/$pid/cmdline") in *" system service "*) again="$again $pid";; esac
  done
  kill $service $again
} 2>/dev/null &
wait $service`

/** The last line that the service said, and what is done with each. */
const heard = async (stream: ReadableStream<Uint8Array>, onLine: (line: string) => void) => {
  const decoder = new TextDecoder()
  let partial = ""
  let last = ""
  const take = (line: string) => {
    if (line.trim() !== "") last = line.trim()
    onLine(line)
  }
  for await (const chunk of stream) {
    const lines = (partial + decoder.decode(chunk, { stream: true })).split("\n")
    partial = lines.pop() ?? ""
    lines.forEach(take)
  }
  take(partial)
  return last
}

const withGroup = (endpoint: Endpoint, buildGroup: string): Endpoint => ({
  ...endpoint,
  buildGroup,
  endBuilds: endBuildGroup(buildGroup),
})

interface ServiceOptions {
  readonly group: string
  readonly logLevel: "warn" | "debug"
  readonly onLine: (line: string) => void
}

const started = (socket: string, env: Environment, { group, logLevel, onLine }: ServiceOptions) =>
  Effect.acquireRelease(
    Effect.suspend(() =>
      Bun.which("podman", { PATH: env["PATH"] ?? "" }) === null
        ? Effect.fail(
            failure("E_ENGINE_UNREACHABLE", "`podman` was not found on PATH", {
              hints: ["Install podman, or choose another builder with `--builder`"],
            }),
          )
        : Effect.sync(() => {
            const words = [`unix://${socket}`, group, logLevel]
            const child = Bun.spawn(["/bin/sh", "-c", whileWeLive, "sh", ...words], {
              stdin: "pipe",
              stdout: "ignore",
              stderr: "pipe",
              env,
              // Where a container is out of memory, its conmon makes an empty file `oom` in the service's folder.
              cwd: dirname(socket),
              // A ctrl-C on the terminal is for us: what we stop then, we stop through the service.
              detached: true,
            })
            return { child, lastLine: heard(child.stderr, onLine) }
          }),
    ),
    ({ child }) =>
      Effect.promise(async () => {
        await child.stdin.end()
        await child.exited
      }),
  )

/** A service of ours that answers; it ends with the scope. */
const ownService = (socket: string, env: Environment, options: ServiceOptions) =>
  Effect.gen(function* () {
    const { child, lastLine } = yield* started(socket, env, options)
    const endpoint = {
      ...endpointAt(socket, "podman's own service"),
      isOwn: true,
      endBuilds: endBuildProcesses(child.pid),
    } as const
    const ended = Effect.flatMap(
      Effect.promise(async () => {
        const [said] = await Promise.all([lastLine, child.exited])
        return said
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

const variable = "CONTAINER_HOST"

const forms: AddressForms = {
  socket: /^unix:\/\/(\/.*)$/,
  host: /^tcp:\/\/([^/?#@]+:\d+)\/?$/,
}

export const isPodmanAddress = (address: string): boolean => placeOf(address, forms) !== undefined

/** A service that is somebody else's: on a socket of this machine, or at a port. */
const givenEndpoint = (address: string): Effect.Effect<Endpoint, Failure> => {
  const place = placeOf(address, forms)
  if (place !== undefined && "socket" in place) {
    return Effect.succeed(endpointAt(place.socket, variable))
  }
  if (place !== undefined) {
    const url = `http://${place.host}`
    return Effect.succeed({ address, socket: undefined, url, tls: undefined, origin: variable })
  }
  return Effect.fail(
    failure(
      "E_ENGINE_UNREACHABLE",
      `Podman's address \`${address}\` (${variable}) cannot be used`,
      {
        hints: [
          "Use `unix:///path/of/podman.sock` or `tcp://host:port`; for a remote host, forward its socket: `ssh -nNT -L /tmp/podman.sock:/run/podman/podman.sock host`",
        ],
        details: { address, origin: variable },
      },
    ),
  )
}

/**
 * Where a service of ours keeps contexts that it is sent and blobs that it pulls, a file with the registry's
 * login among them: what is cut off leaves them behind, and so they go with us.
 */
const ownTemporary = (env: Environment) =>
  // Without XDG_RUNTIME_DIR, a user's podman keeps all of its state there.
  process.getuid?.() !== 0 && env["XDG_RUNTIME_DIR"] === undefined
    ? Effect.succeed(env)
    : Effect.map(temporaryFolder("podman", { large: true }), (TMPDIR) => ({ ...env, TMPDIR }))

/** The service at `CONTAINER_HOST`, as podman's own remote client has it; else one of ours. */
export const podmanEndpoint = (env: Environment): Effect.Effect<Endpoint, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const given = env[variable]
    if (given) {
      const endpoint = yield* givenEndpoint(given)
      if (!hasBuildGroups()) return endpoint
      return withGroup(endpoint, `relaunch-podman-${crypto.randomUUID().slice(0, 8)}`)
    }
    const folder = yield* temporaryFolder("podman")
    const group = hasBuildGroups() ? basename(dirname(folder)) : undefined
    const endpoint = yield* ownService(join(folder, "podman.sock"), yield* ownTemporary(env), {
      group: group ?? "",
      logLevel: "warn",
      onLine: () => undefined,
    })
    return group === undefined ? endpoint : withGroup(endpoint, group)
  })

/** `time="..." level=debug msg="Too many requests to https://...: sleeping for 30.000000 seconds ..."` */
const tooMany = /msg="Too many requests to .*: sleeping for ([\d.]+) seconds/

/** Waits that podman takes upon itself are worth so many seconds together. */
const longestWait = 5

/**
 * Podman waits by itself where a registry is asked too often, for minutes, and says so in its log alone,
 * at a level that costs containers their error messages: so pulls have a service of their own. Of a
 * service at CONTAINER_HOST nobody hears the log.
 */
export const podmanPulls = (env: Environment): Effect.Effect<PullPlace, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    if (env[variable]) return {}
    const folder = yield* temporaryFolder("podman")
    const refused = yield* Deferred.make<string>()
    let waited = 0
    const endpoint = yield* ownService(join(folder, "podman.sock"), yield* ownTemporary(env), {
      group: "",
      logLevel: "debug",
      onLine: (line) => {
        waited += Number(tooMany.exec(line)?.[1] ?? 0)
        if (waited > longestWait) {
          const words = `too many requests; it asks to wait for ${Math.ceil(waited)} seconds`
          Deferred.unsafeDone(refused, Effect.succeed(words))
        }
      },
    })
    return { endpoint, refused: Deferred.await(refused) }
  })
