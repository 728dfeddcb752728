/** Virtual environments with a released wandb, made once per machine. */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  cacheFolder,
  identityOf,
  isAlive,
  isInstalled,
  output,
  type Problem,
  problem,
  run,
  say,
  waitFor,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { readJson } from "./places.ts"

interface Wanted {
  readonly version: string
  readonly requirements: ReadonlyArray<string>
  /** Commands of a Python that has wheels for all of it, best first. */
  readonly pythons: ReadonlyArray<string>
}

export const newestWandb: Wanted = {
  version: "0.31.0",
  requirements: ["wandb[launch]==0.31.0"],
  pythons: ["python3", "python3.13", "python3.12", "python3.11"],
}

export const oldWandb: Wanted = {
  version: "0.17.1",
  requirements: ["wandb[launch]==0.17.1", "numpy<2"],
  pythons: ["python3.11", "python3.12", "python3.10", "python3"],
}

const pythonFor = ({ pythons, version }: Wanted): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    for (const python of pythons.filter(isInstalled)) {
      if ((yield* run([python, "-c", "import ensurepip, venv"])).code === 0) return python
    }
    return yield* problem(
      `No Python that can make a virtual environment for wandb ${version}`,
      `Install one of ${pythons.join(", ")} with its venv module`,
    )
  })

const isWhole = (folder: string, version: string): Effect.Effect<boolean, Problem> => {
  const python = join(folder, "bin", "python")
  if (!existsSync(python)) return Effect.succeed(false)
  const check = `import importlib.metadata as m; raise SystemExit(m.version("wandb") != "${version}")`
  return Effect.map(run([python, "-c", check]), ({ code }) => code === 0)
}

/** A lock whose maker is gone, or that names none and is older than any installation takes. */
const isStale = (lock: string): boolean => {
  const owner = readJson(join(lock, "owner.json"))
  if (typeof owner === "string") return !isAlive(owner)
  return Date.now() - statSync(lock).mtimeMs > 20 * 60 * 1000
}

const take = (lock: string): boolean => {
  try {
    if (existsSync(lock) && isStale(lock)) rmSync(lock, { recursive: true, force: true })
    mkdirSync(lock)
    writeFileSync(join(lock, "owner.json"), JSON.stringify(identityOf(process.pid)))
    return true
  } catch {
    return false
  }
}

/** pip brings certificates of its own; the system may trust more. */
const certificates = "/etc/ssl/certs/ca-certificates.crt"
const pipEnvironment =
  process.env["PIP_CERT"] === undefined && existsSync(certificates)
    ? { PIP_CERT: certificates }
    : {}

const install = (folder: string, wanted: Wanted): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    if (!(yield* isWhole(folder, wanted.version))) {
      yield* say(`Installing ${wanted.requirements.join(" ")} into \`${folder}\``)
      rmSync(folder, { recursive: true, force: true })
      yield* output([yield* pythonFor(wanted), "-m", "venv", folder])
      const pip = [join(folder, "bin", "python"), "-m", "pip", "install", "--quiet"]
      yield* output([...pip, ...wanted.requirements], { env: pipEnvironment })
    }
    writeFileSync(join(folder, ".complete"), "")
  })

/** Path of its python. */
export const ensureWandb = (wanted: Wanted): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const folder = join(cacheFolder(), `venv-wandb-${wanted.version}`)
    const python = join(folder, "bin", "python")
    const isComplete = () => existsSync(join(folder, ".complete"))
    if (isComplete()) return python
    const lock = `${folder}.lock`
    const turn = yield* waitFor(
      { what: `whoever holds \`${lock}\``, atMost: "25 minutes", every: "1 second" },
      Effect.sync(() => (isComplete() ? "complete" : take(lock) ? "mine" : undefined)),
    )
    if (turn === "complete") return python
    yield* Effect.ensuring(
      install(folder, wanted),
      Effect.sync(() => rmSync(lock, { recursive: true, force: true })),
    )
    return python
  })
