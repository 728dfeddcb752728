/** Output that cannot be written any more: its reader went away, or its disk is full. */

export interface BrokenOutput {
  readonly stream: "output" | "error"
  /** `EPIPE`, `ENOSPC`, ... */
  readonly code: string
}

/** Before a command runs there is nothing to clean up, and nobody who reads. */
let react: (broken: BrokenOutput) => void = () => process.exit(0)

/** From now on this is called, at most once for each stream. */
export const onBrokenOutput = (reaction: (broken: BrokenOutput) => void): void => {
  react = reaction
}

export const watchOutput = (): void => {
  for (const stream of ["output", "error"] as const) {
    const told = stream === "output" ? process.stdout : process.stderr
    let broken = false
    told.on("error", (error: NodeJS.ErrnoException) => {
      if (!broken) react({ stream, code: error.code ?? "EIO" })
      broken = true
    })
  }
}
