/** Virtual environments with a released wandb, made once per machine. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import {
  cacheFolder,
  isInstalled,
  output,
  type Problem,
  problem,
  run,
  say,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"

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

/** pip brings certificates of its own; the system may trust more. */
const certificates = "/etc/ssl/certs/ca-certificates.crt"
const pipEnvironment =
  process.env["PIP_CERT"] === undefined && existsSync(certificates)
    ? { PIP_CERT: certificates }
    : {}

/** Path of its python. */
export const ensureWandb = (wanted: Wanted): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const folder = join(cacheFolder(), `venv-wandb-${wanted.version}`)
    if (!existsSync(join(folder, ".complete"))) {
      yield* say(`Making \`${folder}\` with ${wanted.requirements.join(" ")}`)
      const python = yield* pythonFor(wanted)
      const words = [folder, wanted.version, python, ...wanted.requirements]
      const script = join(import.meta.dir, "make-venv.py")
      yield* output(["python3", script, ...words], { env: pipEnvironment })
    }
    return join(folder, "bin", "python")
  })
