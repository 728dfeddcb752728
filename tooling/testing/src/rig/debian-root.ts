/** Root directories with a newer Debian's packages, for daemons that are newer than this machine's. */
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { debianRootfs, output, type Problem, say } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { rigPlaces } from "./places.ts"

export interface DebianRoot {
  /** Of its folder in the cache. */
  readonly name: string
  /** What is told to be installed. */
  readonly what: string
  readonly packages: ReadonlyArray<string>
}

const install = (packages: ReadonlyArray<string>): string =>
  [
    "cp -L /etc/resolv.conf etc/resolv.conf",
    "apt='chroot . env DEBIAN_FRONTEND=noninteractive apt-get -q'",
    "$apt update",
    `$apt install -y --no-install-recommends ${packages.join(" ")}`,
    "rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/*",
  ].join(" && ")

/** Folder that holds a Debian trixie with the packages, made once per machine. */
export const ensureDebianRoot = ({
  name,
  packages,
  what,
}: DebianRoot): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const { cache } = rigPlaces()
    const root = join(cache, name)
    if (existsSync(root)) return root
    const tar = yield* debianRootfs("trixie")
    yield* say(`Installing ${what} into a Debian trixie, once`)
    const work = mkdtempSync(join(cache, `${name}-`))
    const make = Effect.gen(function* () {
      yield* output(["tar", "-C", work, "--numeric-owner", "-xf", tar])
      // Cut short, it leaves no processes.
      const apart = ["unshare", "--pid", "--fork", "--kill-child"]
      yield* output([...apart, "sh", "-c", install(packages)], { cwd: work })
      renameSync(work, root)
    })
    yield* Effect.ensuring(
      make,
      Effect.sync(() => rmSync(work, { recursive: true, force: true })),
    )
    return root
  })
