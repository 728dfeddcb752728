/** Reading many files: with pauses in which a signal is heard, and failures that name the file. */
import { Failure, failure, reasonOf } from "@relaunch/failure"

/** Milliseconds of work at a stretch; in between a signal is heard. */
const stretch = 20

/** Undefined while there is no need for a pause; ends the work where nobody waits for it any more. */
export type Pause = () => Promise<void> | undefined

export const pauses = (signal: AbortSignal): Pause => {
  let since = performance.now()
  return () =>
    performance.now() - since < stretch
      ? undefined
      : new Promise((resume, stop) => {
          setImmediate(() => {
            since = performance.now()
            if (signal.aborted) stop(signal.reason)
            else resume()
          })
        })
}

/** Errors of the file system carry the very path they are about. */
export const unreadable = (cause: unknown, root: string | undefined, hint: string): Failure => {
  if (cause instanceof Failure) return cause
  const own = cause instanceof Error && "path" in cause ? String(cause.path) : root
  if (cause instanceof Error && "code" in cause && cause.code === "ENAMETOOLONG") {
    const start = `${own?.slice(root?.length ?? 0, (root?.length ?? 0) + 60).replace(/^\//, "")}...`
    return failure(
      "E_SOURCE_UNREADABLE",
      `\`${start}\` leads deeper than the system's paths are long`,
      { hints: ["Remove these folders, or name them in `.relaunchignore`"], cause },
    )
  }
  const reason = reasonOf(cause).replace(/, \w+ '.*'$/s, "")
  const what = own === undefined ? "A file of the source" : `\`${own}\``
  return failure("E_SOURCE_UNREADABLE", `${what} cannot be read: ${reason}`, {
    hints: [hint],
    details: own === undefined ? {} : { path: own },
    cause,
  })
}
