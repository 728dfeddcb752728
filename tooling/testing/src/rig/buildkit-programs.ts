/** BuildKit's programs, built with Go from the released source: no package system has them. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  ensureSystemPackages,
  output,
  type Problem,
  problem,
  providing,
  say,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { rigPlaces } from "./places.ts"

/** The first that the client promises to work with, and the newest that Go's module proxy serves. */
export const buildkitVersions = { first: "v0.13.2", newest: "v0.34.2" } as const
export type BuildkitVersion = (typeof buildkitVersions)[keyof typeof buildkitVersions]

/** It fetches a newer one by itself where a go.mod asks for one. */
const oldestGo = [1, 21] as const

const checkGo: Effect.Effect<void, Problem> = Effect.gen(function* () {
  const hint = `Install Go ${oldestGo.join(".")} or newer`
  yield* ensureSystemPackages([providing("go", "golang")]).pipe(
    Effect.mapError(({ message }) => problem(`buildkitd is built with Go: ${message}`, hint)),
  )
  const said = yield* output(["go", "env", "GOVERSION"])
  const [, major = "0", minor = "0"] = /go(\d+)\.(\d+)/.exec(said) ?? []
  const isOld = Number(major) === oldestGo[0] && Number(minor) < oldestGo[1]
  if (isOld) return yield* problem(`buildkitd cannot be built with ${said.trim()}`, hint)
})

const commands = {
  buildkitd: "cmd/buildkitd",
  buildctl: "cmd/buildctl",
  "dockerfile-frontend": "frontend/dockerfile/cmd/dockerfile-frontend",
} as const

/**
 * `go install` refuses a module that excludes others, as new ones do: those are built in their own folder.
 * There old ones lack sums of what vendoring gave them.
 */
const commandFor = (
  version: BuildkitVersion,
  names: ReadonlyArray<keyof typeof commands>,
  bin: string,
): Effect.Effect<{ readonly command: ReadonlyArray<string>; readonly folder: string }, Problem> =>
  Effect.gen(function* () {
    const { cache } = rigPlaces()
    const module = "github.com/moby/buildkit"
    if (version === buildkitVersions.first) {
      const packages = names.map((name) => `${module}/${commands[name]}@${version}`)
      return { command: ["go", "install", ...packages], folder: cache }
    }
    const download = ["go", "mod", "download", "-json", `${module}@${version}`]
    const { Dir } = JSON.parse(yield* output(download, { cwd: cache }))
    const packages = names.map((name) => `./${commands[name]}`)
    return { command: ["go", "build", "-o", `${bin}/`, ...packages], folder: Dir }
  })

/** Folder of the programs, made once per machine. */
const ensurePrograms = (
  version: BuildkitVersion,
  names: ReadonlyArray<keyof typeof commands>,
): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const folder = join(rigPlaces().cache, `buildkit-${version}`)
    const bin = join(folder, "bin")
    if (existsSync(join(folder, ".complete"))) return bin
    yield* checkGo
    yield* say(`Building buildkitd ${version} with Go, once: this takes a few minutes`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(bin, { recursive: true })
    const made = yield* commandFor(version, names, bin)
    // Tests that run beside it have their limits of time.
    yield* output(["nice", ...made.command], {
      cwd: made.folder,
      // The frontend runs in an image that has nothing else.
      env: { GOBIN: bin, GOFLAGS: undefined, GO111MODULE: undefined, CGO_ENABLED: "0" },
    })
    writeFileSync(join(folder, ".complete"), "")
    return bin
  })

export interface BuildkitPrograms {
  readonly buildkitd: string
  readonly buildctl: string
}

const programsIn = (bin: string) => ({
  buildkitd: join(bin, "buildkitd"),
  buildctl: join(bin, "buildctl"),
})

export const ensureFirstBuildkit: Effect.Effect<BuildkitPrograms, Problem> = Effect.map(
  ensurePrograms(buildkitVersions.first, ["buildkitd", "buildctl"]),
  programsIn,
)

/** The frontend is what the image `docker/dockerfile` holds. */
export const ensureNewestBuildkit: Effect.Effect<
  BuildkitPrograms & { readonly frontend: string },
  Problem
> = Effect.map(
  ensurePrograms(buildkitVersions.newest, ["buildkitd", "buildctl", "dockerfile-frontend"]),
  (bin) => ({ ...programsIn(bin), frontend: join(bin, "dockerfile-frontend") }),
)
