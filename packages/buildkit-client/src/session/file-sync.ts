/** Serves trees of files to the daemon: `moby.filesync.v1.FileSync` (moby/buildkit `session/filesync`). */
import { treeFilter } from "../fsutil/filter.ts"
import { sendTree, type Transfer } from "../fsutil/send.ts"
import type { Tree } from "../fsutil/tree.ts"
import { followed } from "../fsutil/walk.ts"
import type { CallMetadata, Handlers } from "../grpc/server.ts"
import { rpcError } from "../grpc/status.ts"

/** By the name a frontend asks for: `context`, `dockerfile`, or a named context's. */
export type Trees = Readonly<Record<string, Tree>>

export interface FileSyncEvents {
  readonly sent: (tree: string, transfer: Transfer) => void
  /** What the daemon will only report in words of its own. */
  readonly failed: (error: unknown) => void
}

/** Values with other characters than ASCII come escaped, and a second field says so. */
const decoded = (metadata: CallMetadata, key: string): ReadonlyArray<string> => {
  const values = metadata(key)
  if (metadata(`${key}-encoded`)[0] !== "1") return values
  return values.map((value) => {
    try {
      return decodeURIComponent(value.replaceAll("+", " "))
    } catch {
      throw rpcError("INVALID_ARGUMENT", `${key} is not escaped as it says`)
    }
  })
}

export const fileSyncHandlers = (trees: Trees, events: FileSyncEvents): Handlers => ({
  "/moby.filesync.v1.FileSync/DiffCopy": async (call, metadata) => {
    const name = decoded(metadata, "dir-name")[0] ?? ""
    const tree = Object.hasOwn(trees, name) ? trees[name] : undefined
    if (tree === undefined) throw rpcError("NOT_FOUND", `no access allowed to dir "${name}"`)
    try {
      const include = [
        ...decoded(metadata, "include-patterns"),
        ...followed(tree, decoded(metadata, "followpaths")),
      ]
      const filter = treeFilter([...new Set(include)], decoded(metadata, "exclude-patterns"))
      events.sent(name, await sendTree(call, tree, filter))
    } catch (error) {
      // A call that the daemon gave up is not a fault of the tree.
      if (!call.over.aborted) events.failed(error)
      throw error
    }
  },
})
