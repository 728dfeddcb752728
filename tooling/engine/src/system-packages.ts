/** Programs that come from the system's packages, installed only by root and only when missing. */
import * as Effect from "effect/Effect"
import { isInstalled, output } from "./command.ts"
import { type Problem, problem, say } from "./problem.ts"

export interface SystemPackage {
  /** Name of the package for apt-get. */
  readonly name: string
  /** The package is there when this says so. */
  readonly isThere: () => boolean
}

export const providing = (program: string, name: string = program): SystemPackage => ({
  name,
  isThere: () => isInstalled(program),
})

const install = (names: ReadonlyArray<string>): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const hint = `Install ${names.join(", ")} with your package manager and run this again`
    if (process.getuid?.() !== 0) {
      return yield* problem(`Not installed on this machine: ${names.join(", ")}`, hint)
    }
    if (!isInstalled("apt-get")) return yield* problem("There is no apt-get on this machine", hint)
    yield* say(`Installing system packages with apt-get: ${names.join(" ")}`)
    // Services of new packages stay down where nothing supervises them.
    const env = { DEBIAN_FRONTEND: "noninteractive" }
    const wait = ["-o", "DPkg::Lock::Timeout=300"]
    yield* output(["apt-get", ...wait, "update"], { env })
    yield* output(["apt-get", ...wait, "install", "--yes", "--no-install-recommends", ...names], {
      env,
    })
  })

export const ensureSystemPackages = (
  packages: ReadonlyArray<SystemPackage>,
): Effect.Effect<void, Problem> =>
  Effect.suspend(() => {
    const missing = packages.filter(({ isThere }) => !isThere()).map(({ name }) => name)
    return missing.length === 0 ? Effect.void : install([...new Set(missing)])
  })
