/** This program as another process starts it again: the executable that set-up makes, or Bun with the sources. */

/** Where an executable keeps the files that are bundled into it. */
const insideExecutable = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/

export const ownProgram: ReadonlyArray<string> = insideExecutable.test(Bun.main)
  ? [process.execPath]
  : [process.execPath, Bun.main]

/** As the first word: supervise the run that comes on stdin. No command of a user's. */
export const supervising = "--supervise-run"
