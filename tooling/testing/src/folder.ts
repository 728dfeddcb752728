/** Folders that are gone when their scope closes. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Relative path to content. */
export type Files = Readonly<Record<string, string | Uint8Array>>

export const writeFiles = (folder: string, files: Files): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
    }
  })

/** Absolute path, without symbolic links, of a new folder that holds `files`. */
export const temporaryFolder = (files: Files = {}): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => realpath(await mkdtemp(join(tmpdir(), "relaunch-test-")))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
  ).pipe(Effect.tap((folder) => writeFiles(folder, files)))
