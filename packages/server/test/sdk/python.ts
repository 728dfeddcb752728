/**
 * Pythons that have the SDK: the one that the environment names, or one that is made once in the cache
 * folder. A lock lets one process make it while the others wait.
 */
import { existsSync, mkdirSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { temporaryFolder } from "../temporary.ts"

interface Wanted {
  readonly version: string
  /** Variable with the path of a Python. */
  readonly variable: string
  readonly packages: ReadonlyArray<string>
}

export const newest: Wanted = {
  version: "0.31.0",
  variable: "RELAUNCH_TEST_PYTHON_WANDB",
  packages: ["wandb[launch]==0.31.0"],
}

export const old: Wanted = {
  version: "0.17.1",
  variable: "RELAUNCH_TEST_PYTHON_WANDB_OLD",
  packages: ["wandb[launch]==0.17.1", "numpy<2"],
}

/** Arguments: the folder, then the packages. The mark is written last: a half-made folder has none. */
const make = `
import fcntl, os, subprocess, sys, venv
folder, *packages = sys.argv[1:]
mark = os.path.join(folder, ".complete")
with open(folder + ".lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not os.path.exists(mark):
        venv.create(folder, with_pip=True, clear=True)
        python = os.path.join(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        open(mark, "w").close()
`

const output = async (command: ReadonlyArray<string>, environment = {}, folder?: string) => {
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...environment },
    stdout: "pipe",
    stderr: "pipe",
    ...(folder === undefined ? {} : { cwd: folder }),
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { stdout, stderr, code }
}

/** Path of a Python with that SDK; the first call may take minutes. */
export const pythonOf = async ({ packages, variable, version }: Wanted): Promise<string> => {
  const named = process.env[variable]
  if (named) return named
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "relaunch-test")
  const folder = join(cache, `venv-wandb-${version}`)
  if (!existsSync(join(folder, ".complete"))) {
    mkdirSync(cache, { recursive: true })
    const { code, stderr } = await output(["python3", "-c", make, folder, ...packages])
    if (code !== 0) throw new Error(`No Python with wandb ${version}: ${stderr}`)
  }
  return join(folder, "bin", "python")
}

/** An environment in which the SDK knows this server and nothing of the user. */
export const sdkEnvironment = (url: string, key: string) => {
  const folder = temporaryFolder()
  return {
    folder,
    variables: {
      WANDB_BASE_URL: url,
      WANDB_API_KEY: key,
      WANDB_DIR: folder,
      WANDB_CACHE_DIR: join(folder, "cache"),
      WANDB_CONFIG_DIR: join(folder, "config"),
      WANDB_DATA_DIR: join(folder, "data"),
      WANDB_ARTIFACT_DIR: join(folder, "artifacts"),
      WANDB__DISABLE_UPDATE_CHECK: "true",
      HOME: folder,
      NETRC: join(folder, "netrc"),
    },
  }
}

const script = (name: string) => join(import.meta.dir, `${name}.py`)

/** Runs a script of this folder; the result holds all that it said. */
export const runScript = (
  python: string,
  name: string,
  server: { readonly url: string; readonly key: string },
  more: Readonly<Record<string, string>> = {},
) => {
  const { folder, variables } = sdkEnvironment(server.url, server.key)
  return output([python, script(name)], { ...variables, ...more }, folder)
}

/** Starts a script, and answers when it has said its first line. */
export const startScript = async (
  python: string,
  name: string,
  server: { readonly url: string; readonly key: string },
) => {
  const { folder, variables } = sdkEnvironment(server.url, server.key)
  const child = Bun.spawn([python, script(name)], {
    env: { ...process.env, ...variables },
    cwd: folder,
    stdout: "pipe",
    stderr: "inherit",
  })
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
  let said = ""
  while (!said.includes("\n")) {
    const { done, value } = await lines.read()
    if (done) throw new Error(`\`${name}\` ended before it was ready: ${said}`)
    said += value
  }
  return child
}
