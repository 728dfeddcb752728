/**
 * Content under `<home>/blobs`, named by its sha256. Content is staged first: written beside its
 * place and synced, which needs no lock. It is put in place inside the transaction whose rows name it.
 *
 * Why nothing that is named can go missing: both `place` and the removal of unnamed blobs run only
 * inside IMMEDIATE transactions, of which SQLite lets one run at a time, in all processes. A writer
 * therefore looks for its blob, moves its own copy there when there is none, and commits the row
 * that names it, with no removal in between; and a removal sees the rows of every writer before it.
 * A process that dies in between leaves at most a blob that nothing names, never a row without one:
 * rows go in a transaction before that of their blobs, which are noted in `loose` until then.
 */
import { createHash, randomUUID } from "node:crypto"
import { constants, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { blobFolder, blobsIn } from "./blob-files.ts"
import type { Database } from "./database.ts"
import { explain } from "./explain.ts"
import type { ArtifactFile, Content } from "./model.ts"
import type { Presence } from "./presence.ts"

export interface UnnamedContent {
  readonly count: number
  /** Bytes. */
  readonly size: number
}

/** Content that is on this disk, but has no place yet. */
export interface Staged {
  /** Hex sha256: the name of the blob. */
  readonly blob: string
  /** Base64 md5, the digest of W&B. */
  readonly digest: string
  readonly size: number
  /** Where the bytes wait; absent when the blob was in its place already. */
  readonly temporary?: string
}

/** A blob that was there was removed in between: its content must be read after all. */
export class BlobGone extends Error {
  override readonly name = "BlobGone"
}

export interface Blobs {
  /** Reads the content once. The waiting file goes away with `discard`, or when it is put in place. */
  readonly stage: (content: AsyncIterable<Uint8Array>) => Effect.Effect<Staged, Failure>
  readonly stageContent: (content: Content) => Effect.Effect<Staged, Failure>
  /** Of content that is known and has its blob already: nothing of it needs to be read. */
  readonly present: (content: Content) => Staged | undefined
  readonly discard: (staged: ReadonlyArray<Staged>) => Effect.Effect<void>
  /** Only inside `change`; replaces content that is seen to be damaged. Throws `BlobGone`. */
  readonly place: (staged: Staged) => void
  /** Notes that rows stopped to name these; only inside `change`, and followed by `sweep`. */
  readonly loosen: (blobs: Iterable<string>) => void
  /** Removes noted blobs that no row names. */
  readonly sweep: Effect.Effect<void, Failure>
  /** All content that no row names, whoever left it; removed unless it is only looked for. */
  readonly unnamed: (look: boolean) => Effect.Effect<UnnamedContent, Failure>
  readonly pathOf: (blob: string) => string
  readonly read: (file: ArtifactFile) => Stream.Stream<Uint8Array, Failure>
}

/** A link is not followed; where it must be a certain file, a FIFO in its place is not waited for. */
const noFollow = constants.O_RDONLY | constants.O_NOFOLLOW
const noWait = noFollow | constants.O_NONBLOCK

const chunkSize = 256 << 10

/** The name leads to another file than the one that is meant. */
class OtherFile extends Error {}

/** A chunk is to be used before the next is asked for. */
async function* bytesOf(content: Content): AsyncGenerator<Uint8Array> {
  if ("bytes" in content) {
    yield content.bytes
    return
  }
  const opened = await open(content.file, content.isSame === undefined ? noFollow : noWait)
  try {
    if (content.isSame?.(opened.fd) === false) throw new OtherFile(content.file)
    const buffer = Buffer.allocUnsafe(chunkSize)
    for (;;) {
      const { bytesRead } = await opened.read(buffer, 0, chunkSize)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await opened.close()
  }
}

const write = async (content: AsyncIterable<Uint8Array>, temporary: string): Promise<Staged> => {
  const md5 = createHash("md5")
  const sha256 = createHash("sha256")
  let size = 0
  let file: FileHandle | undefined
  try {
    file = await open(temporary, "wx", 0o600)
    for await (const chunk of content) {
      md5.update(chunk)
      sha256.update(chunk)
      size += chunk.byteLength
      await file.writeFile(chunk)
    }
    await file.sync()
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw cause
  } finally {
    await file?.close()
  }
  return { blob: sha256.digest("hex"), digest: md5.digest("base64"), size, temporary }
}

/** A file of that size: what is cut off, or no file at all, is as good as missing. */
const isWhole = (path: string, size: number): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && found.size === size
}

/** Bytes that are compared wherever they are there already. */
const comparedSize = 64 << 10

const isDamaged = (path: string, { size, temporary }: Staged): boolean =>
  !isWhole(path, size) ||
  (temporary !== undefined &&
    size <= comparedSize &&
    !readFileSync(path).equals(readFileSync(temporary)))

const isNamed = `select 1 from entry where blob = $blob union all
  select 1 from upload where blob = $blob union all
  select 1 from run_file where blob = $blob union all
  select 1 from manifest where blob = $blob limit 1`

export const makeBlobs = (
  db: Database,
  { waiting }: Pick<Presence, "waiting">,
): Effect.Effect<Blobs, Failure> =>
  Effect.gen(function* () {
    const folder = blobFolder(db.home)
    const pathOf = (blob: string) => join(folder, blob.slice(0, 2), blob.slice(2))

    yield* Effect.try({
      try: () => {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
      },
      catch: (cause) => explain(db.home, cause),
    })

    const stage = (content: AsyncIterable<Uint8Array>) =>
      Effect.flatMap(waiting, (beside) =>
        Effect.tryPromise({
          try: () => write(content, join(beside, randomUUID())),
          catch: (cause) => explain(beside, cause),
        }),
      )

    return {
      stage,
      present: (content) => {
        const known = "known" in content ? content.known : undefined
        return known !== undefined && isWhole(pathOf(known.sha256), known.size)
          ? { blob: known.sha256, digest: known.md5, size: known.size }
          : undefined
      },
      stageContent: (content) =>
        "file" in content
          ? Effect.flatMap(waiting, (beside) =>
              Effect.tryPromise({
                try: () => write(bytesOf(content), join(beside, randomUUID())),
                catch: (cause) => unreadable(content.file, beside, cause),
              }),
            )
          : stage(bytesOf(content)),
      discard: (staged) =>
        // What stays here goes with the process.
        Effect.ignore(
          Effect.try(() => {
            for (const { temporary } of staged) {
              if (temporary !== undefined) rmSync(temporary, { force: true })
            }
          }),
        ),
      place: (staged) => {
        const path = pathOf(staged.blob)
        if (!isDamaged(path, staged)) return
        if (staged.temporary === undefined) throw new BlobGone(staged.blob)
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        // A file is replaced in one step; whatever else is in its place is not.
        if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) {
          rmSync(path, { recursive: true })
        }
        renameSync(staged.temporary, path)
      },
      loosen: (blobs) => {
        for (const blob of blobs) db.run("insert or ignore into loose values ($blob)", { blob })
      },
      sweep: db.change(() => {
        for (const { blob } of db.all<{ blob: string }>("select blob from loose")) {
          if (db.get(isNamed, { blob }) === undefined) rmSync(pathOf(blob), { force: true })
        }
        db.run("delete from loose")
      }),
      unnamed: (look) =>
        db.change(() => {
          const found = { count: 0, size: 0 }
          const blobs = blobsIn(db.home, (path, cause) => {
            throw explain(path, cause)
          })
          for (const blob of blobs) {
            if (db.get(isNamed, { blob }) !== undefined) continue
            const path = pathOf(blob)
            const there = lstatSync(path, { throwIfNoEntry: false })
            if (there?.isFile() !== true) continue
            found.count += 1
            found.size += there.size
            if (!look) rmSync(path, { force: true })
          }
          return found
        }),
      pathOf,
      read: ({ blob, path }) =>
        blob === undefined
          ? Stream.fail(lost(path))
          : Stream.unwrap(
              Effect.map(
                Effect.promise(() => Bun.file(blob).exists()),
                (exists) =>
                  exists
                    ? Stream.fromAsyncIterable(Bun.file(blob).stream(), (cause) =>
                        explain(blob, cause),
                      )
                    : Stream.fail(lost(path)),
              ),
            ),
    } satisfies Blobs
  })

const lost = (path: string): Failure =>
  failure("E_STORE_DAMAGED", `The content of \`${path}\` is not in the store`, {
    hints: ["If it is a reference, read it where it points; else log the artifact again"],
    details: { path },
  })

const unreadable = (file: string, waiting: string, cause: unknown): Failure => {
  const code = String((cause as { code?: unknown }).code)
  if (cause instanceof OtherFile || code === "ELOOP") {
    return failure(
      "E_SOURCE_UNREADABLE",
      `\`${file}\` is no longer what it was when it was listed`,
      {
        hints: ["Start again when nothing moves files or links in the source"],
        details: { file },
        cause,
      },
    )
  }
  return code === "ENOENT" || code === "EACCES" || code === "EISDIR"
    ? failure("E_SOURCE_UNREADABLE", `\`${file}\` cannot be read`, {
        hints: ["Check that it is still there and that you may read it"],
        details: { file },
        cause,
      })
    : explain(waiting, cause)
}
