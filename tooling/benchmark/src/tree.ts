/** Trees of many small files, each with content of its own. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"

const filesInFolder = 100

/** Writes `count` files of `size` bytes in folders below `root`. */
export const writeTree = (root: string, count: number, size: number): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (let first = 0; first < count; first += filesInFolder) {
      const folder = join(root, `d${first / filesInFolder}`)
      await mkdir(folder, { recursive: true })
      const numbers = Array.from(
        { length: Math.min(filesInFolder, count - first) },
        (_, at) => first + at,
      )
      await Promise.all(
        numbers.map((at) => writeFile(join(folder, `f${at}`), Buffer.alloc(size, `${at} `))),
      )
    }
  })
