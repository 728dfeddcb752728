/** Podman of a user who is not root. Account, subordinate ids and network device are the test's own. */
import { afterAll, describe, expect } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { liveEffect, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { listening, machine, rig } from "./command.ts"

const root = join(import.meta.dir, "../../..")
/** The newer podman's tests may run beside. */
const uid = rig.podman.enter.length === 0 ? 64_123 : 64_124
const account = "relaunch-rootless"

const program = `server=\${WANDB_BASE_URL#*://}
if printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 "\${server%:*}" "\${server##*:}" | grep -q '^HTTP/1.1'
then echo "uid $(id -u) reaches the server"
else echo "no answer from $server"
fi
`

/** Processes of the account, which is this test's alone: podman starts itself anew in its namespaces. */
const remaining = Effect.promise(async () => {
  const said = await Bun.$`pgrep -u ${uid}`.nothrow().text()
  return said.split("\n").filter((line) => line !== "")
})

/** A container's first process hears no SIGTERM. */
const ended = Effect.suspend(() => {
  let asked = 0
  return Effect.gen(function* () {
    const left = yield* remaining
    asked += 1
    const signal = asked > 40 ? "SIGKILL" : "SIGTERM"
    for (const pid of left)
      yield* Effect.ignore(Effect.try(() => process.kill(Number(pid), signal)))
    if (left.length > 0) return yield* Effect.fail(left)
  }).pipe(Effect.retry(Schedule.spaced("50 millis")), Effect.timeout("10 seconds"), Effect.ignore)
})

/** The user's own: pulled once, an image serves all tests. */
const folder = mkdtempSync(join(tmpdir(), "relaunch-rootless-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Where that user finds this repository, wherever it is. */
const repository = join(folder, "repository")

/** A program of that user, in a mount namespace where the account exists; ended with the scope. */
const asUser = (hasNetwork: boolean, command: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const registries = readFileSync(
      rig.podman.environment["CONTAINERS_REGISTRIES_CONF"] ?? "",
      "utf8",
    )
    const containers = readFileSync(rig.podman.environment["CONTAINERS_CONF"] ?? "", "utf8")
    yield* writeFiles(folder, {
      passwd: `${readFileSync("/etc/passwd", "utf8")}${account}:x:${uid}:${uid}::/tmp:/bin/sh\n`,
      group: `${readFileSync("/etc/group", "utf8")}${account}:x:${uid}:\n`,
      subids: `${account}:300000:65536\n`,
      "home/.config/containers/registries.conf": registries,
      "home/.config/containers/containers.conf": containers,
      "home/.config/containers/storage.conf": '[storage]\ndriver = "vfs"\n',
    })
    chmodSync(folder, 0o755)
    for (const name of ["home", "run"])
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
    mkdirSync(repository, { recursive: true })
    // Not podman's storage, which it may be cleaning up.
    yield* Effect.promise(() =>
      Bun.$`find ${folder}/home ${folder}/run -path ${folder}/home/.local -prune -o -user 0 -exec chown -h ${uid}:${uid} {} +`.quiet(),
    )
    const script = `set -e
mount --bind "$0/passwd" /etc/passwd
mount --bind "$0/group" /etc/group
mount --bind "$0/subids" /etc/subuid
mount --bind "$0/subids" /etc/subgid
rm -f "$0/tun"
mknod "$0/tun" c 10 200
chmod ${hasNetwork ? "666" : "600"} "$0/tun"
mount --bind "$0/tun" /dev/net/tun
mount --bind ${root} "$0/repository"
mount -o remount,ro,bind "$0/repository"
cd "$0/home"
exec setpriv --reuid ${uid} --regid ${uid} --clear-groups env -i PATH="$PATH" HOME="$0/home" XDG_RUNTIME_DIR="$0/run" "$@"`
    return yield* Effect.acquireRelease(
      Effect.sync(() =>
        Bun.spawn(
          [...rig.podman.enter, "unshare", "--mount", "sh", "-c", script, folder, ...command],
          {
            stdout: "ignore",
            stderr: "ignore",
          },
        ),
      ),
      () => ended,
    )
  })

const rootlessPodman = (hasNetwork: boolean) =>
  Effect.gen(function* () {
    const socket = join(folder, "run/podman.sock")
    yield* asUser(hasNetwork, ["podman", "system", "service", "--time=0", `unix://${socket}`])
    yield* listening(socket).pipe(
      Effect.retry(Schedule.spaced("50 millis")),
      Effect.timeout("20 seconds"),
    )
    return { CONTAINER_HOST: `unix://${socket}` }
  })

/** Built by the first test. */
const source = `${program}# ${crypto.randomUUID()}\n`

const project = (home: string) =>
  writeFiles(home, {
    "code/main.sh": source,
    "code/Dockerfile": "FROM busybox:1\nCOPY . .\n",
  })

const flags = ["--uri", "code", "-D", "Dockerfile", "-p", "demo", "-E", "sh main.sh"]

describe("rootless podman", () => {
  liveEffect(
    "builds and runs, and the run reaches the server",
    () =>
      Effect.gen(function* () {
        const { home, relaunch } = yield* machine
        const env = yield* rootlessPodman(true)
        yield* project(home)
        const { code, stderr, stdout } = yield* relaunch([...flags, "--builder", "podman"], { env })
        expect(code === 0 ? stdout : stderr).toBe("uid 0 reaches the server\n")
      }),
    "3 minutes",
  )

  liveEffect(
    "that cannot make a network for containers says so",
    () =>
      Effect.gen(function* () {
        const { home, relaunch } = yield* machine
        const env = yield* rootlessPodman(false)
        yield* project(home)
        const { code, stderr } = yield* relaunch([...flags, "--builder", "podman"], { env })
        expect([code, stderr]).toEqual([5, expect.stringContaining("`/dev/net/tun`")])
      }),
    "3 minutes",
  )

  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGKILL", 137],
  ] as const) {
    liveEffect(
      `has no process and no working container of a RUN left after ${signal}`,
      () =>
        Effect.gen(function* () {
          // A time that nobody else waits for names the process.
          const seconds = String(100_000 + Math.floor(Math.random() * 900_000))
          yield* writeFiles(join(folder, "home"), {
            "slow/main.sh": "echo ran\n",
            "slow/Dockerfile": `FROM busybox:1\nRUN sleep ${seconds}\n`,
          })
          const command = join(repository, "apps/cli/bin/relaunch")
          const words = ["--uri", "slow", "-D", "Dockerfile", "-p", "demo", "-E", "sh main.sh"]
          const launch = yield* asUser(true, [command, ...words, "--builder", "podman"])
          const asleep = Effect.promise(async () =>
            (await Bun.$`pgrep -u ${uid} -fx ${`sleep ${seconds}`}`.nothrow().text()).trim(),
          )
          yield* Effect.repeat(asleep, {
            until: (pid) => pid !== "",
            schedule: Schedule.spaced("50 millis"),
          }).pipe(Effect.timeout("30 seconds"))
          // Everything before the command is replaced by it.
          launch.kill(signal)
          expect(yield* Effect.promise(() => launch.exited)).toBe(status)
          // Ended before us where we are told to end, by who watches us where we are not.
          yield* Effect.repeat(asleep, {
            until: (pid) => pid === "",
            schedule: Schedule.spaced("50 millis"),
          }).pipe(Effect.timeout(signal === "SIGINT" ? "1 second" : "20 seconds"))
          const list = ["podman", "ps", "--all", "--external", "--format", "{{.ID}}"]
          const shown = join(folder, "home/shown")
          const listed = Effect.scoped(
            Effect.gen(function* () {
              const listing = yield* asUser(true, ["sh", "-c", `${list.join(" ")} >${shown}`])
              expect(yield* Effect.promise(() => listing.exited)).toBe(0)
              return readFileSync(shown, "utf8")
            }),
          )
          yield* Effect.repeat(listed, {
            until: (text) => text === "",
            schedule: Schedule.spaced("100 millis"),
          }).pipe(Effect.timeout("20 seconds"))
        }),
      "3 minutes",
    )
  }
})
