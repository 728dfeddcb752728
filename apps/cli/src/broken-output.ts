/** Output that cannot be written any more: its reader went away, or its disk is full. */
import { errorLine, exitCodes, failureCodes } from "@relaunch/failure/codes"

export interface BrokenOutput {
  readonly stream: "output" | "error"
  /** `EPIPE`, `ENOSPC`, ... */
  readonly code: string
}

/** What is said of output that was lost, on whatever is left to say it on. */
export const lostOutput = ({ code, stream }: BrokenOutput) => ({
  message: `Standard ${stream} cannot be written: ${code}`,
  hint:
    code === "EBADF"
      ? "Leave it open; `>/dev/null` is for what nobody reads"
      : "Write it to where there is space",
})

/** Before a command runs there is nothing to clean up. A reader that had enough is no failure. */
let react: (broken: BrokenOutput) => void = (broken) => {
  if (broken.code === "EPIPE") process.exit(exitCodes.success)
  const { hint, message } = lostOutput(broken)
  if (broken.stream === "output")
    process.stderr.write(`${errorLine("E_OUTPUT", message)}\nhint: ${hint}\n`)
  process.exit(failureCodes.E_OUTPUT)
}

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

/** Ends the process when what it has to say is written; with the status of lost output where it cannot be. */
export const leave = async (status: number): Promise<never> => {
  await new Promise<void>((resolve) => process.stdout.write("", () => resolve()))
  // Errors are told in a turn of their own.
  await new Promise<void>((resolve) => setImmediate(resolve))
  process.exit(status)
}
