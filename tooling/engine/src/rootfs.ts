/** A Debian with Python as a tar file, made once per machine: what a base image is imported from. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { output, run } from "./command.ts"
import { cacheFolder } from "./find.ts"
import { type Problem, problem, say } from "./problem.ts"
import { ensureSystemPackages, providing } from "./system-packages.ts"

const packages = ["python3", "python3-pip", "python3-venv", "ca-certificates", "git"]

/** The first of these that the host has becomes the image's own, so that its network is trusted. */
const certificateBundles = [
  process.env["SSL_CERT_FILE"],
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
]

const bootstrap = (suite: string, folder: string): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const include = `--include=${packages.join(",")}`
    const mirror = process.env["RELAUNCH_DEBIAN_MIRROR"]
    // Cut short, it leaves neither processes nor mounts: both are in namespaces that end with it.
    const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    const command = [...apart, "debootstrap", "--variant=minbase", include, suite, folder]
    const finished = yield* run(mirror === undefined ? command : [...command, mirror])
    if (finished.code === 0) return
    const last = `${finished.stdout}\n${finished.stderr}`.trim().split("\n").slice(-15)
    const reason = [`debootstrap could not make a Debian ${suite}`, ...last].join("\n  ")
    return yield* /keyring|unknown key|Release signed|signature/i.test(last.join("\n"))
      ? problem(
          reason,
          `The host's keyring does not know ${suite}: install a newer \`debian-archive-keyring\` package`,
        )
      : problem(reason, "Set RELAUNCH_DEBIAN_MIRROR to a Debian mirror that this machine reaches")
  })

/** What makes it like the official slim image: `python`, pip without a guard, no caches, no documentation. */
const adapt = (folder: string): Effect.Effect<void, Problem> => {
  const bundle = certificateBundles.find((path) => path !== undefined && existsSync(path))
  const steps = [
    'cd "$1"',
    "rm -rf usr/lib/python3*/EXTERNALLY-MANAGED var/cache/apt/archives/*.deb var/lib/apt/lists/*",
    "rm -f var/cache/apt/*.bin var/log/bootstrap.log",
    "rm -rf usr/share/doc/* usr/share/info/* usr/share/locale/* usr/share/man/*",
    "ln -sf python3 usr/bin/python",
    // So that apt inside a build does not prompt or start services, as in the official image.
    "printf '#!/bin/sh\\nexit 101\\n' >usr/sbin/policy-rc.d",
    "chmod +x usr/sbin/policy-rc.d",
    '[ -z "$2" ] || cp "$2" etc/ssl/certs/ca-certificates.crt',
  ]
  return Effect.asVoid(output(["sh", "-c", steps.join(" && "), "sh", folder, bundle ?? ""]))
}

/** Of makers that were killed: older than the making takes. */
const removeLeftovers = (folder: string, suite: string): void => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (!name.startsWith(`rootfs-${suite}-`)) continue
    const age = Date.now() - statSync(path).mtimeMs
    if (age > 60 * 60 * 1000) rmSync(path, { recursive: true, force: true })
  }
}

/** Path of the tar file; complete as soon as it has its name. */
export const debianRootfs = (suite: string): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const folder = cacheFolder()
    const tar = join(folder, `rootfs-${suite}.tar`)
    if (existsSync(tar)) return tar
    mkdirSync(folder, { recursive: true })
    removeLeftovers(folder, suite)
    if (process.getuid?.() !== 0) {
      return yield* problem(
        "Only root can make a base image from Debian's packages",
        "Run this as root, or on a machine that reaches Docker Hub",
      )
    }
    yield* ensureSystemPackages([
      providing("debootstrap"),
      {
        name: "debian-archive-keyring",
        isThere: () => existsSync("/usr/share/keyrings/debian-archive-keyring.gpg"),
      },
    ])
    yield* say(`Making a Debian ${suite} with Python from its packages (one or two minutes)`)
    const work = mkdtempSync(join(folder, `rootfs-${suite}-`))
    const make = Effect.gen(function* () {
      const root = join(work, "root")
      yield* bootstrap(suite, root)
      yield* adapt(root)
      const skipped = ["--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*"]
      const packed = join(work, "rootfs.tar")
      yield* output(["tar", "-C", root, "--numeric-owner", ...skipped, "-cf", packed, "."])
      renameSync(packed, tar)
    })
    // In place on one file system, so the name appears only when the content is whole.
    yield* Effect.ensuring(
      make,
      Effect.sync(() => rmSync(work, { recursive: true, force: true, maxRetries: 20 })),
    )
    return tar
  })
