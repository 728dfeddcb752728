/** A project as a map of its files. */
import { inspectProject } from "../src/index.ts"

export const inspected = (files: Readonly<Record<string, string>>, runtime?: string) =>
  inspectProject(
    { read: (path) => (Object.hasOwn(files, path) ? files[path] : undefined) },
    runtime,
  )
