/** `hash-script <directory>`: reads every file below it and hashes the bytes, and nothing else. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const [root = ""] = process.argv.slice(2)
const digests = new Bun.CryptoHasher("sha256")
for (const item of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!item.isFile()) continue
  const hash = new Bun.CryptoHasher("sha256")
  digests.update(hash.update(readFileSync(join(item.parentPath, item.name))).digest())
}
process.stdout.write(`${digests.digest("hex")}\n`)
