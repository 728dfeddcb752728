/** `bun run docs`: writes the pages that are made from the code. */
import { join } from "node:path"
import { wholeSchema } from "./commands/config-files.ts"
import { environmentReference } from "./environment-reference.ts"
import { manualPage } from "./manual.ts"
import { commandReference, exitCodeReference } from "./reference.ts"

const docs = join(import.meta.dir, "../../../docs")
await Bun.write(join(docs, "cli.md"), commandReference())
await Bun.write(join(docs, "exit-codes.md"), exitCodeReference())
await Bun.write(join(docs, "relaunch.1"), manualPage())
await Bun.write(join(docs, "environment.md"), environmentReference())
await Bun.write(
  join(docs, "schema/config.schema.json"),
  `${JSON.stringify(wholeSchema(), null, 2)}\n`,
)
