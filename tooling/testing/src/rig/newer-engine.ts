/**
 * Debian trixie's Docker engine 26 with the containerd image store, in a root directory and a mount
 * namespace of its own, so that it needs nothing of this machine and leaves nothing on it.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { answers, daemonFiles, engineApi, ensureDaemon, type Problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { ensureBridge } from "./bridge.ts"
import { ensureDebianRoot } from "./debian-root.ts"
import { rigPlaces } from "./places.ts"
import type { RunningRegistry } from "./registries.ts"

const engineRoot = {
  name: "root-docker-26",
  what: "Docker 26",
  packages: ["docker.io", "iptables"],
}

/** Root directory, then the folders that are the same inside, then the command. */
const enter = [
  "set -e",
  'root="$1" data="$2" sockets="$3"',
  "shift 3",
  // runc asks for a root that is a mount.
  'mount --bind "$root" "$root"',
  'for each in dev proc sys; do mount --rbind "/$each" "$root/$each"; done',
  'for each in run tmp; do mount -t tmpfs tmpfs "$root/$each"; done',
  'for each in "$data" "$sockets"; do mkdir -p "$root$each"; mount --bind "$each" "$root$each"; done',
  // The network may be another one by now.
  'cp -L /etc/resolv.conf "$root/etc/resolv.conf"',
  // Not chroot alone: what enters a container by its namespace, as exec does, would be in this machine's root.
  'cd "$root"',
  "pivot_root . mnt",
  `exec chroot . sh -c 'umount -l /mnt; exec "$@"' sh "$@"`,
].join("\n")

/** `unix:///...` */
export const ensureNewerEngine = (mirror: RunningRegistry): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const { cache, sockets, state } = rigPlaces()
    const root = yield* ensureDebianRoot(engineRoot)
    const { bridge, gateway } = yield* ensureBridge
    const data = join(cache, "docker-newer")
    const run = join(sockets, "newer")
    for (const folder of [data, run]) mkdirSync(folder, { recursive: true })
    const settings = join(run, "dockerd.json")
    writeFileSync(
      settings,
      JSON.stringify({
        "registry-mirrors": [`http://${mirror.address}`],
        features: { "containerd-snapshotter": true },
      }),
    )
    const host = `unix://${join(run, "docker.sock")}`
    const command = [
      ...["unshare", "--mount", "sh", "-c", enter, "sh", root, data, run],
      ...["dockerd", "--config-file", settings, "--host", host, "--data-root", data],
      ...["--exec-root", join(run, "exec"), "--pidfile", join(run, "docker.pid")],
      // The rig's other engine counts its addresses from the lower end.
      ...["--bridge", bridge, "--fixed-cidr", gateway.replace(/\.1$/, ".128/26")],
      ...["--iptables=false", "--ip6tables=false", "--ip-masq=false"],
    ]
    const files = daemonFiles(state, "dockerd-newer")
    const daemon = { name: "the newer test engine (dockerd 26)", command, files }
    yield* ensureDaemon(daemon, answers(engineApi(host)))
    return host
  })
