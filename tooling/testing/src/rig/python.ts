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

/**
 * Run by the host's Python, because its `flock` ends with the process that holds it. The
 * mark is written last: a half-made folder has none. Arguments: folder, version, python, packages.
 */
const make = `
import fcntl, os, subprocess, sys
folder, version, python, *packages = sys.argv[1:]
inside = os.path.join(folder, "bin", "python")
mark = os.path.join(folder, ".complete")
check = "import importlib.metadata as m; raise SystemExit(m.version('wandb') != '%s')" % version
with open(folder + ".lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not os.path.exists(mark):
        if not os.path.exists(inside) or subprocess.run([inside, "-c", check]).returncode != 0:
            subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([inside, "-m", "pip", "install", "--quiet", *packages], check=True)
        open(mark, "w").close()
`

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
      yield* output(["python3", "-c", make, ...words], { env: pipEnvironment })
    }
    return join(folder, "bin", "python")
  })
