/** Temporary files that hold a secret while something runs: each is gone before anyone could look afterwards. */
import * as fs from "node:fs"
import { join } from "node:path"
import { holds } from "./secrecy.ts"

/** Archives and layers are looked into in the image. */
const largest = 1 << 20

/** What an engine mounts there is an image. */
const mounts: ReadonlySet<string> = new Set(["mnt", "rootfs", "diff", "merged"])

export interface TemporaryFiles {
  /** Looks at what is new since the last time. */
  readonly look: () => void
  /** Of each that held one, its path, and whether its user alone could get at it. */
  readonly found: () => ReadonlyArray<{ readonly path: string; readonly closed: boolean }>
  readonly count: () => number
}

/** Below each of these folders; `isClosed` where a folder above is the user's alone. */
export const temporaryFiles = (
  places: () => ReadonlyArray<string>,
  secrets: ReadonlyArray<string>,
): TemporaryFiles => {
  const known = new Set<string>()
  const found = new Map<string, boolean>()
  const isPrivate = (path: string) => (fs.statSync(path).mode & 0o077) === 0
  const within = (folder: string, isClosed: boolean): void => {
    let items: ReadonlyArray<fs.Dirent>
    try {
      items = fs.readdirSync(folder, { withFileTypes: true })
      isClosed ||= isPrivate(folder)
    } catch {
      // It has gone.
      return
    }
    for (const item of items) {
      const path = join(folder, item.name)
      if (item.isDirectory() && !mounts.has(item.name)) within(path, isClosed)
      if (!item.isFile()) continue
      try {
        const { mtimeMs, size } = fs.statSync(path)
        const state = `${path} ${size} ${mtimeMs}`
        if (known.has(state)) continue
        known.add(state)
        if (size <= largest && holds(fs.readFileSync(path, "latin1"), secrets))
          found.set(path, isClosed || isPrivate(path))
      } catch {
        // It has gone.
      }
    }
  }
  return {
    look: () => {
      for (const place of places()) within(place, false)
    },
    found: () => [...found].map(([path, closed]) => ({ path, closed })),
    count: () => known.size,
  }
}
