/** Content of the store, read without holding up anything else: ctrl-C is heard in the middle of a file. */
import * as fs from "node:fs"
import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type Failure, failure, openFilesFailure, reasonOf } from "@relaunch/failure"
import { temporaryFolderIn } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const unreadable = (blob: string, cause: unknown): Failure =>
  openFilesFailure(cause) ??
  failure("E_STORE", `\`${blob}\` cannot be read: ${reasonOf(cause)}`, {
    hints: [
      "Give yourself read access to it, or see all that is wrong with `relaunch store check`",
    ],
    details: { path: blob },
    cause,
  })

export const readContent = (blob: string): Effect.Effect<Buffer, Failure> =>
  Effect.tryPromise({ try: () => readFile(blob), catch: (cause) => unreadable(blob, cause) })

const unwritable = (path: string, cause: unknown): Failure =>
  openFilesFailure(cause) ??
  failure("E_STORE", `\`${path}\` cannot be written: ${reasonOf(cause)}`, {
    hints: ["Choose another folder with `--output`"],
    details: { path },
    cause,
  })

/** Bytes at a time. */
const chunk = 1 << 20

const opened = (make: () => Promise<FileHandle>, explain: (cause: unknown) => Failure) =>
  Effect.acquireRelease(Effect.tryPromise({ try: make, catch: explain }), (file) =>
    Effect.promise(() => file.close()),
  )

/** A folder that holds no more than what is not whole yet, on the disk of `folder`, which is made. */
export const unfinishedIn = (folder: string): Effect.Effect<string, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    yield* Effect.tryPromise({
      try: () => mkdir(folder, { recursive: true }),
      catch: (cause) => unwritable(folder, cause),
    })
    return yield* Effect.mapError(temporaryFolderIn(folder, "download"), (error) =>
      error.code === "E_OPEN_FILES" ? error : unwritable(folder, error.cause ?? error),
    )
  })

/**
 * A file is written below `unfinished`, and appears under its name only when it is whole, readable for all;
 * false where it is not what was stored. `sha256` in hex; without it nothing is compared.
 */
export const copyContent = (
  blob: string,
  to: string,
  sha256: string | undefined,
  unfinished: string,
): Effect.Effect<boolean, Failure> =>
  Effect.gen(function* () {
    const explain = (cause: unknown) => unwritable(to, cause)
    yield* Effect.tryPromise({
      try: () => mkdir(dirname(to), { recursive: true }),
      catch: explain,
    })
    const source = yield* opened(
      () => open(blob),
      (cause) => unreadable(blob, cause),
    )
    const partial = join(unfinished, "file")
    yield* Effect.addFinalizer(() => Effect.sync(() => fs.rmSync(partial, { force: true })))
    const target = yield* opened(() => open(partial, "w", 0o644), explain)
    const hash = new Bun.CryptoHasher("sha256")
    const buffer = Buffer.allocUnsafe(chunk)
    for (;;) {
      const { bytesRead } = yield* Effect.tryPromise({
        try: () => source.read(buffer, 0, chunk),
        catch: (cause) => unreadable(blob, cause),
      })
      if (bytesRead === 0) break
      const part = buffer.subarray(0, bytesRead)
      hash.update(part)
      yield* Effect.tryPromise({ try: () => target.writeFile(part), catch: explain })
    }
    if (sha256 !== undefined && hash.digest("hex") !== sha256) return false
    yield* Effect.tryPromise({
      try: async () => {
        // Whatever the umask says.
        await target.chmod(0o644)
        await rename(partial, to)
      },
      catch: explain,
    })
    return true
  }).pipe(Effect.scoped)
