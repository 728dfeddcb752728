#!/usr/bin/env bun
/** The edge: the one place that reads the process, chooses layers and decides the exit status. */
import { watchOutput } from "./broken-output.ts"
import { runCommand } from "./command.ts"
import { supervising } from "./own-program.ts"

watchOutput()

const words = process.argv.slice(2)
if (words[0] === supervising) await import("./supervise.ts")
else await runCommand(words)
