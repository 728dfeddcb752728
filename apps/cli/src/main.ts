#!/usr/bin/env bun
/** The edge: the one place that reads the process, chooses layers and decides the exit status. */
import { watchOutput } from "./broken-output.ts"
import { runCommand } from "./command.ts"
import { supervising } from "./own-program.ts"

const words = process.argv.slice(2)
// Who started a supervisor may be gone when it answers; it sees its run to the end all the same.
if (words[0] === supervising) await import("./supervise.ts")
else {
  watchOutput()
  await runCommand(words)
}
