#!/usr/bin/env bun
/** The edge: the one place that reads the process, chooses layers and decides the exit status. */
import { runCommand } from "./command.ts"
import { supervising } from "./own-program.ts"

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away: nothing more to say to it.
  if (error.code === "EPIPE") process.exit(0)
})

const words = process.argv.slice(2)
if (words[0] === supervising) await import("./supervise.ts")
else await runCommand(words)
