/**
 * Podman goes on with a RUN when nobody waits for its build any more: its processes are nobody's
 * children. They are put into a control group of this command, by which they are found and ended.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"

const hierarchy = "/sys/fs/cgroup"

/** Below a controller (version 1), and below the slices that systemd makes of a name's parts. */
const deepest = 6

/** Folders of a group, wherever the hierarchies of this machine have it. */
const foldersOf = (group: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  const look = (folder: string, depth: number, inside: boolean) => {
    for (const item of fs.readdirSync(folder, { withFileTypes: true })) {
      if (!item.isDirectory()) continue
      const within = inside || item.name.includes(group)
      const path = join(folder, item.name)
      if (within) found.push(path)
      if (within || depth === 0 || item.name.startsWith("relaunch")) {
        if (depth < deepest) look(path, depth + 1, within)
      }
    }
  }
  try {
    look(hierarchy, 0, false)
  } catch {
    // A group that goes away while we look has ended.
  }
  return found
}

const processesIn = (folder: string): ReadonlyArray<number> => {
  try {
    return fs
      .readFileSync(join(folder, "cgroup.procs"), "utf8")
      .split("\n")
      .map(Number)
      .filter((pid) => pid > 1)
  } catch {
    return []
  }
}

/** SIGKILL to whatever is in the group now. */
export const endBuildGroup = (group: string): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const pid of new Set(foldersOf(group).flatMap(processesIn))) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // It ended by itself.
      }
    }
  })

/** Only root's builds can be given a group on every machine. */
export const hasBuildGroups = (): boolean => process.getuid?.() === 0 && fs.existsSync(hierarchy)
