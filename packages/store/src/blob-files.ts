/** Files of content as they lie on the disk: `<home>/blobs/<2 hex>/<62 hex>`. Whatever has another name is somebody else's. */
import * as fs from "node:fs"
import { join } from "node:path"

export const blobFolder = (home: string): string => join(home, "blobs")

/**
 * Names of all content that is there, whatever is in its place. What cannot be listed is told, and hides
 * no other, unless `told` throws.
 */
export const blobsIn = (
  home: string,
  told: (path: string, cause: unknown) => void,
): ReadonlyArray<string> => {
  const listed = (path: string) => {
    try {
      return fs.readdirSync(path, { withFileTypes: true })
    } catch (cause) {
      told(path, cause)
      return []
    }
  }
  const folder = blobFolder(home)
  if (!fs.existsSync(folder)) return []
  return listed(folder)
    .filter((part) => part.isDirectory() && /^[0-9a-f]{2}$/.test(part.name))
    .flatMap((part) =>
      listed(join(folder, part.name)).flatMap(({ name }) =>
        /^[0-9a-f]{62}$/.test(name) ? [`${part.name}${name}`] : [],
      ),
    )
}

/** Whether something of a store is there, its database apart. */
export const hasContent = (home: string): boolean =>
  fs.globSync("runs/*", { cwd: home }).length > 0 || blobsIn(home, () => undefined).length > 0
