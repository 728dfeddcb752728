/** Part of `bun run docs`: writes docs/architecture.md. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { aboutOf, architecturePage, members, read, root } from "./index.ts"

export const currentPage = (): string =>
  architecturePage(
    members().map(({ folder, name }) => ({
      name,
      folder,
      about: aboutOf(read(join(folder, "README.md"))),
    })),
  )

if (import.meta.main) writeFileSync(join(root, "docs/architecture.md"), currentPage())
