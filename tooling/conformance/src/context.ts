/** A case's context as files on disk, read as a launch reads a user's. */
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { type BuildContext, collectContext, dockerIgnore, identified } from "@relaunch/build"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { packTar } from "modern-tar"
import type { Entries } from "./case.ts"

const archive = (files: Readonly<Record<string, string>>): Promise<Uint8Array> =>
  packTar(
    Object.entries(files).map(([name, text]) => ({
      header: { name, size: Buffer.byteLength(text), mode: 0o640, mtime: new Date(0) },
      body: text,
    })),
  )

export const writeEntries = (folder: string, entries: Entries): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (const [path, entry] of Object.entries(entries)) {
      const file = join(folder, path)
      fs.mkdirSync(entry === null ? file : dirname(file), { recursive: true })
      if (entry === null) continue
      if (typeof entry === "string") fs.writeFileSync(file, entry)
      else if ("link" in entry) fs.symlinkSync(entry.link, file)
      else if ("tar" in entry) fs.writeFileSync(file, await archive(entry.tar))
      else {
        fs.writeFileSync(file, entry.text)
        fs.chmodSync(file, Number.parseInt(String(entry.mode), 8))
      }
    }
  })

/** With its `.dockerignore` applied. */
export const readContext = (folder: string): Effect.Effect<BuildContext, Failure> =>
  Effect.gen(function* () {
    const whole = yield* collectContext(folder)
    const file = join(folder, ".dockerignore")
    if (!fs.existsSync(file)) return whole
    const { ignores } = yield* dockerIgnore(fs.readFileSync(file, "utf8"))
    return yield* identified(whole.entries.filter(({ path }) => !ignores(path)))
  })
