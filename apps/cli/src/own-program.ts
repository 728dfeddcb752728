/** This program as another process starts it again: the executable that set-up makes, or Bun with the sources. */
import { dirname } from "node:path"

/** Where an executable keeps the files that are bundled into it. */
const insideExecutable = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/

const isExecutable = insideExecutable.test(Bun.main)

export const ownProgram: ReadonlyArray<string> = isExecutable
  ? [process.execPath]
  : [process.execPath, Bun.main]

/** Folder of the checkout that this comes from, if it comes from one. */
export const ownFolder = isExecutable ? dirname(process.execPath) : import.meta.dir

/** As the first word: supervise the run that comes on stdin. No command of a user's. */
export const supervising = "--supervise-run"
