/**
 * What RUN steps of a podman service of ours run, where builds can be given no control group: below the process by
 * which buildah starts its containers, which takes them in as long as the build is waited for.
 */
import * as fs from "node:fs"
import * as Effect from "effect/Effect"

const starter = /^buildah-(?:oci|chroot)-runtime\0/

const words = (pid: number): string => {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1")
  } catch {
    return ""
  }
}

/** The name of a program, in parentheses before it, may hold anything. */
const parentOf = (pid: number): number => {
  try {
    const status = fs.readFileSync(`/proc/${pid}/stat`, "latin1")
    return Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[1] ?? 0)
  } catch {
    return 0
  }
}

const childrenByParent = (): ReadonlyMap<number, ReadonlyArray<number>> =>
  Map.groupBy(
    fs
      .readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 1),
    parentOf,
  )

/** SIGKILL to all that steps of the service `service` run now. */
export const endBuildProcesses = (service: number): Effect.Effect<void> =>
  Effect.sync(() => {
    const children = childrenByParent()
    const end = (parent: number, inStep: boolean) => {
      for (const pid of children.get(parent) ?? []) {
        end(pid, inStep || starter.test(words(pid)))
        if (!inStep) continue
        try {
          process.kill(pid, "SIGKILL")
        } catch {
          // It ended by itself.
        }
      }
    }
    end(service, false)
  })
