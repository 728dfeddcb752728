/** Where things lie on this machine, by the XDG base directory specification. */
import * as fs from "node:fs"
import { userInfo } from "node:os"
import { dirname, join, resolve } from "node:path"

export interface Locations {
  /** The store: jobs, runs, artifacts. `RELAUNCH_HOME`, else `$XDG_DATA_HOME/relaunch`. */
  readonly home: string
  /** `cache` in RELAUNCH_HOME where that is set, else `$XDG_CACHE_HOME/relaunch`. */
  readonly cache: string
  /** The user's file; it need not exist. */
  readonly userFile: string
  /** The nearest `relaunch.yaml`, from the working directory up to the repository's root. */
  readonly projectFile: string | undefined
  /** W&B's own file for launches, whose builder keys are understood. */
  readonly wandbFile: string
}

/** A link that leads nowhere is there too, and is told when it is read. */
const isThere = (file: string): boolean =>
  fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined

const projectFile = (workingDirectory: string): string | undefined => {
  for (let folder = resolve(workingDirectory); ; folder = dirname(folder)) {
    for (const name of ["relaunch.yaml", "relaunch.yml"]) {
      const file = join(folder, name)
      if (isThere(file)) return file
    }
    if (fs.existsSync(join(folder, ".git")) || folder === dirname(folder)) return undefined
  }
}

/** Without a HOME, as a service has none, what the machine knows of its user. */
const userFolder = (named: string | undefined): string => {
  if (named?.startsWith("/")) return named
  try {
    return userInfo().homedir
  } catch {
    // A user that the machine has no entry of.
    return "/"
  }
}

export const locations = (
  env: Readonly<Record<string, string | undefined>>,
  workingDirectory: string,
): Locations => {
  const user = userFolder(env["HOME"])
  const base = (name: string, fallback: string) => {
    const chosen = env[name]
    return chosen?.startsWith("/") ? chosen : join(user, fallback)
  }
  const config = base("XDG_CONFIG_HOME", ".config")
  const chosen = env["RELAUNCH_HOME"]
  const home = chosen ? resolve(workingDirectory, chosen) : undefined
  return {
    home: home ?? join(base("XDG_DATA_HOME", ".local/share"), "relaunch"),
    // One variable moves everything that is kept.
    cache:
      home === undefined ? join(base("XDG_CACHE_HOME", ".cache"), "relaunch") : join(home, "cache"),
    userFile: join(config, "relaunch", "config.yaml"),
    projectFile: projectFile(workingDirectory),
    wandbFile: join(env["WANDB_CONFIG_DIR"] ?? join(config, "wandb"), "launch-config.yaml"),
  }
}
