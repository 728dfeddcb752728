/** Commands about this machine: server, builders, leftovers, store, settings. */
import type { Command } from "commander"
import { type Choose, collect, common, flagsOf, quiet, withOptions } from "./command-parts.ts"
import { examples, help } from "./help.ts"

export const machineCommands = (program: Command, choose: Choose) => {
  withOptions(quiet(program.command("serve")), ["entity", "json"])
    .description("The local W&B-compatible server, in the foreground")
    .option("--port <port>", "Port to listen on (default: setting `server-port`, 7711)")
    .option("--host <address>", "Further address to listen on (repeatable)", collect)
    .addHelpText("after", examples(help.serve))
    .action(async (_: unknown, command: Command) => {
      const { serveCommand } = await import("./commands/serve.ts")
      choose(serveCommand(flagsOf(command)))
    })
  withOptions(quiet(program.command("env")), common)
    .description("Variables that make any `python train.py` log to the local server")
    .addHelpText("after", examples(help.env))
    .action(async (_: unknown, command: Command) => {
      const { envCommand } = await import("./commands/serve.ts")
      choose(envCommand(flagsOf(command)))
    })
  const builder = quiet(program.command("builder")).description("What can build images here")
  withOptions(quiet(builder.command("list")), ["builder", "json"])
    .description("Builder backends: reachable or why not, version, features; `*` is the one in use")
    .addHelpText("after", examples(help["builder-list"]))
    .action(async (_: unknown, command: Command) => {
      const { listCommand } = await import("./commands/builder.ts")
      choose(listCommand(flagsOf(command)))
    })
  withOptions(quiet(program.command("clean")), ["no-input", "json"])
    .description("Show and remove what commands left that were killed")
    .option("-y, --yes", "Do not ask")
    .option("--dry-run", "Only show it")
    .addHelpText("after", examples(help.clean))
    .action(async (_: unknown, command: Command) => {
      const { cleanCommand } = await import("./commands/clean.ts")
      choose(cleanCommand(flagsOf(command)))
    })
  const store = quiet(program.command("store")).description("The local store")
  withOptions(quiet(store.command("check")), ["json"])
    .description("Read everything in the store and name all damage")
    .addHelpText("after", examples(help["store-check"]))
    .action(async (_: unknown, command: Command) => {
      const { checkCommand } = await import("./commands/store.ts")
      choose(checkCommand(flagsOf(command)))
    })
  withOptions(quiet(builder.command("prune")), ["builder", "json", "no-input"])
    .description("Free the space of a builder's cache; builds stay right and begin from scratch")
    .option("--all", "Also what images share and what frontends left")
    .option("--keep-duration <time>", "Keep what was used within it: 30m, 24h, 7d")
    .option("-y, --yes", "Do not ask")
    .option("--dry-run", "Show what would be freed")
    .addHelpText("after", examples(help["builder-prune"]))
    .action(async (_: unknown, command: Command) => {
      const { pruneCommand } = await import("./commands/builder-prune.ts")
      choose(pruneCommand(flagsOf(command)))
    })
  const config = quiet(program.command("config")).description("Where settings come from")
  withOptions(quiet(config.command("path")), ["json"])
    .description("Files that are read, and the store")
    .addHelpText("after", examples(help["config-path"]))
    .action(async (_: unknown, command: Command) => {
      const { pathCommand } = await import("./commands/config.ts")
      choose(pathCommand(flagsOf(command)))
    })
  withOptions(quiet(config.command("show")))
    .description("Effective settings, each with its origin")
    .addHelpText("after", examples(help["config-show"]))
    .action(async (_: unknown, command: Command) => {
      const { showCommand } = await import("./commands/config.ts")
      choose(showCommand(flagsOf(command)))
    })
}
