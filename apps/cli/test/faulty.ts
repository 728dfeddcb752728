/** Parts of a machine that a test may break: daemons and disks of its own. */
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { listening, rig } from "./command.ts"

const boundedly = Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(300))

/** A folder for a daemon's state. What is still mounted below it goes when the scope closes. */
export const daemonFolder = (files: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder(files)
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        const mounts = readFileSync("/proc/mounts", "utf8").split("\n")
        const below = mounts.flatMap((line) => line.split(" ")[1] ?? [])
        for (const path of below.filter((each) => each.startsWith(`${folder}/`)).reverse()) {
          await Bun.$`umount -l ${path}`.nothrow().quiet()
        }
      }),
    )
    return folder
  })

/** A daemon of the test; killed when the scope closes. */
export const daemon = (
  command: ReadonlyArray<string>,
  socket: string,
  env: Readonly<Record<string, string>> = {},
) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Bun.spawn([...command], {
          env: { ...process.env, ...env },
          stdin: "ignore",
          stdout: "ignore",
          stderr: Bun.file(`${socket}.log`),
        }),
      ),
      (started) =>
        Effect.promise(async () => {
          // One that was stopped takes no other signal.
          started.kill("SIGCONT")
          started.kill("SIGTERM")
          const killing = setTimeout(() => started.kill("SIGKILL"), 10_000)
          await started.exited
          clearTimeout(killing)
        }),
    )
    yield* Effect.retry(listening(socket), boundedly)
    return child
  })

/** A folder on a disk of `megabytes`, which is gone when the scope closes. */
export const smallDisk = (megabytes: number) =>
  Effect.gen(function* () {
    const folder = yield* daemonFolder()
    yield* Effect.acquireRelease(
      Effect.promise(() =>
        Bun.$`mount -t tmpfs -o size=${megabytes}m,mode=755 relaunch-test ${folder}`.quiet(),
      ),
      () => Effect.promise(() => Bun.$`umount -l ${folder}`.nothrow().quiet()),
    )
    return folder
  })

/** A buildkitd that keeps everything in `root`; `host` is for BUILDKIT_HOST. */
export const ownBuildkitd = (root: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const sockets = yield* temporaryFolder({
      "buildkitd.toml": [
        ...["[worker.oci]", 'networkMode = "host"', "gc = false"],
        ...['[registry."docker.io"]', `mirrors = ["${rig.registry.open.address}"]`],
        ...[`[registry."${rig.registry.open.address}"]`, "http = true"],
      ].join("\n"),
    })
    const socket = join(sockets, "buildkitd.sock")
    const command = [
      ...[join(dirname(rig.buildkit.buildctl), "buildkitd"), "--addr", `unix://${socket}`],
      ...["--root", join(root, "buildkit"), "--config", join(sockets, "buildkitd.toml")],
      ...["--oci-worker=true", "--oci-worker-binary", "runc", "--containerd-worker=false"],
    ]
    const start = daemon(command, socket, env)
    return { host: `unix://${socket}`, start }
  })

/** The bridge of the rig's engine, which its gateway's address tells. */
const bridgeOf = (gateway: string) =>
  Effect.promise(async () => {
    const said = await Bun.$`ip -4 -o address show`.text()
    return (
      said
        .split("\n")
        .find((line) => line.includes(` ${gateway}/`))
        ?.split(/\s+/)[1] ?? ""
    )
  })

/** Kills the process that a file names, if it is still there. */
const killedBy = (file: string) =>
  Effect.sync(() => {
    try {
      const pid = Number(readFileSync(file, "utf8"))
      // Another process may have the number by now.
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8")
      if (command.includes(dirname(file))) process.kill(pid, "SIGKILL")
    } catch {
      // It has ended.
    }
  })

/** Fails while the process is there; one that is dead and not yet waited for counts as gone. */
const goneBy = (file: string) =>
  Effect.try(() => {
    const state = (): string => {
      try {
        return readFileSync(`/proc/${readFileSync(file, "utf8").trim()}/stat`, "utf8")
      } catch {
        return ") Z"
      }
    }
    if (!/\) [ZX]/.test(state())) throw new Error("It still runs")
    rmSync(file, { force: true })
  })

/** An engine listens before it can answer. */
const pinged = (unix: string) =>
  Effect.tryPromise(async () => {
    const { ok } = await fetch("http://engine/_ping", { unix, signal: AbortSignal.timeout(5000) })
    if (!ok) throw new Error("not yet")
  })

/** A Docker engine that keeps everything in `root`, on the rig's network. */
export const ownDockerd = (root: string, flags: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const state = yield* daemonFolder({ "daemon.json": "{}" })
    const { gateway } = rig.engine
    const socket = join(state, "docker.sock")
    const command = [
      ...["dockerd", "--config-file", join(state, "daemon.json"), "--host", `unix://${socket}`],
      ...["--data-root", join(root, "docker"), "--exec-root", join(state, "exec")],
      ...["--pidfile", join(state, "docker.pid"), "--bridge", yield* bridgeOf(gateway)],
      // The rig's engine counts its addresses from the other end.
      ...["--fixed-cidr", gateway.replace(/\.1$/, ".192/26")],
      ...["--iptables=false", "--ip6tables=false", "--ip-masq=false"],
      ...["--registry-mirror", `http://${rig.registry.open.address}`],
      ...flags,
    ]
    const containerd = join(state, "exec/containerd/containerd.pid")
    yield* Effect.addFinalizer(() => killedBy(containerd))
    // The containerd of one that was killed ends as well; until init has seen that, the next takes it for alive.
    const start = Effect.retry(goneBy(containerd), boundedly).pipe(
      Effect.zipRight(daemon(command, socket)),
      Effect.tap(Effect.retry(pinged(socket), boundedly)),
    )
    return { host: `unix://${socket}`, start }
  })

/** The rig's podman with all of its storage in `root`, as its variables. */
export const ownPodman = (root: string) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder()
    mkdirSync(join(root, "podman"), { recursive: true })
    const settings = join(folder, "storage.conf")
    yield* Effect.promise(() =>
      Bun.write(
        settings,
        `[storage]\ndriver = "overlay"\ngraphroot = "${root}/podman"\nrunroot = "${root}/run"\n`,
      ),
    )
    return { ...rig.podman.environment, CONTAINERS_STORAGE_CONF: settings }
  })

/** A socket that takes connections and never says a word. */
export const silentSocket = Effect.gen(function* () {
  const path = join(yield* temporaryFolder(), "silent.sock")
  yield* Effect.acquireRelease(
    Effect.sync(() => Bun.listen({ unix: path, socket: { data: () => undefined } })),
    (server) => Effect.sync(() => server.stop(true)),
  )
  return `unix://${path}`
})
