/**
 * The command tree. Only flags and help texts are here: what a command does is loaded when it is
 * chosen, so that `--help` and `--version` load nothing else.
 */

import { type Setting, settings, variablesOf } from "@relaunch/config"
import { Command, Option } from "commander"
import { version } from "../package.json" with { type: "json" }
import type { CommandEffect, Flags } from "./contract.ts"
import { examples, help } from "./help.ts"

export type Choose = (command: CommandEffect) => void

const collect = (value: string, before: unknown): ReadonlyArray<string> => [
  ...(Array.isArray(before) ? before : []),
  value,
]

const optionOf = (setting: Setting): Option => {
  const value = setting.kind === "flag" ? "" : ` <${setting.value}>`
  const short = setting.short === undefined ? "" : `-${setting.short}, `
  const notes = [
    ...(setting.choices === undefined ? [] : [setting.choices.join(", ")]),
    ...(setting.fallback === undefined ? [] : [`default: ${setting.fallback}`]),
    `env: ${variablesOf(setting).join(", ")}`,
  ]
  // `--no-input` would be read as the negation of `--input`.
  const option = new Option(
    `${short}--${setting.key}${value}`,
    notes.length === 0 ? setting.help : `${setting.help} (${notes.join("; ")})`,
  ).helpGroup(`${setting.group}:`)
  if (setting.kind === "list" || setting.kind === "map") option.argParser(collect)
  return option
}

const gitVersion = new Option("--git-version <ref>", "The same as --git-hash").helpGroup("Source:")

type Keys = ReadonlyArray<string>

const withOptions = (command: Command, keys?: Keys): Command => {
  for (const setting of settings as ReadonlyArray<Setting>) {
    if (setting.filesOnly || (keys !== undefined && !keys.includes(setting.key))) continue
    command.addOption(optionOf(setting))
    if (setting.key === "git-hash") command.addOption(gitVersion)
  }
  return command
}

const common: Keys = ["entity", "project", "json"]

/** Flags of a command, and what was typed before it; a flag's default never hides a typed one. */
const flagsOf = (command: Command): Flags => {
  const flags: Record<string, unknown> = { ...command.opts() }
  for (let above = command.parent; above !== null; above = above.parent) {
    for (const [name, value] of Object.entries(above.opts())) {
      const typedHere = command.getOptionValueSource(name) === "cli"
      if (above.getOptionValueSource(name) === "cli" && !typedHere) flags[name] = value
    }
  }
  return flags
}

const quiet = (command: Command): Command =>
  command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .helpOption("-h, --help", "Show this help")

const launchCommands = (program: Command, choose: Choose) => {
  const launch = (flags: Flags) => async () => {
    const { launchCommand } = await import("./commands/launch.ts")
    choose(launchCommand(flags))
  }
  withOptions(program).action(async (_: unknown, command: Command) => {
    await launch(flagsOf(command))()
  })
  withOptions(quiet(program.command("launch")))
    .description("Create the job if needed, build its image, run it, record the run")
    .addHelpText("after", examples(help.launch))
    .action(async (_: unknown, command: Command) => {
      await launch(flagsOf(command))()
    })
  withOptions(quiet(program.command("plan")))
    .description("Show all that a launch would do; build, store and start nothing")
    .addHelpText("after", examples(help.plan))
    .action(async (_: unknown, command: Command) => {
      const { planCommand } = await import("./commands/plan.ts")
      choose(planCommand(flagsOf(command)))
    })
}

const jobCommands = (program: Command, choose: Choose) => {
  const job = quiet(program.command("job")).description("Create, list, describe and delete jobs")
  const create = quiet(job.command("create")).description("Create a job and run nothing")
  const kinds = [
    {
      kind: "git",
      argument: "remote",
      keys: [
        "git-hash",
        "git-username",
        "runtime",
        "entry-point",
        "build-context",
        "dockerfile",
        "base-image",
      ],
      about: "From a git remote",
    },
    {
      kind: "code",
      argument: "directory",
      keys: ["runtime", "entry-point", "build-context", "dockerfile", "base-image"],
      about: "From a directory",
    },
    { kind: "image", argument: "image", keys: ["platform"], about: "From a ready-made image" },
  ] as const
  for (const { about, argument, keys, kind } of kinds) {
    withOptions(quiet(create.command(kind)), [...common, ...keys, "no-input"])
      .description(about)
      .argument(`<${argument}>`)
      .option("-n, --name <name>", "Name of the job")
      .option("--description <text>", "What the job is for")
      .option("-a, --alias <alias>", "Further alias of the version (repeatable)", collect)
      .addHelpText("after", examples(help[`create-${kind}`]))
      .action(async (source: string, _: unknown, command: Command) => {
        const { createCommand } = await import("./commands/job.ts")
        choose(createCommand(kind, source, flagsOf(command)))
      })
  }
  withOptions(quiet(job.command("list")), common)
    .description("Jobs with their latest version")
    .option("--all", "All versions")
    .addHelpText("after", examples(help["job-list"]))
    .action(async (_: unknown, command: Command) => {
      const { listCommand } = await import("./commands/job.ts")
      choose(listCommand(flagsOf(command)))
    })
  withOptions(quiet(job.command("describe")), common)
    .description("One job with its definition")
    .argument("<job>", "[[entity/]project/]name[:alias]")
    .addHelpText("after", examples(help["job-describe"]))
    .action(async (reference: string, _: unknown, command: Command) => {
      const { describeCommand } = await import("./commands/job.ts")
      choose(describeCommand(reference, flagsOf(command)))
    })
  withOptions(quiet(job.command("delete")), [...common, "no-input"])
    .description("Delete a job, or one version of it; its code and runs stay")
    .argument("<job>", "[[entity/]project/]name[:version]")
    .option("-y, --yes", "Do not ask")
    .option("--dry-run", "Show what would be deleted")
    .addHelpText("after", examples(help["job-delete"]))
    .action(async (reference: string, _: unknown, command: Command) => {
      const { deleteCommand } = await import("./commands/job.ts")
      choose(deleteCommand(reference, flagsOf(command)))
    })
}

const runCommands = (program: Command, choose: Choose) => {
  const run = quiet(program.command("run")).description("List, show, follow and stop recorded runs")
  withOptions(quiet(run.command("list")), common)
    .description("Runs, newest first")
    .option("--state <state>", "Only runs in this state")
    .option("-n, --limit <count>", "At most so many", "50")
    .addHelpText("after", examples(help["run-list"]))
    .action(async (_: unknown, command: Command) => {
      const { listCommand } = await import("./commands/run.ts")
      choose(listCommand(flagsOf(command)))
    })
  withOptions(quiet(run.command("show")), ["json"])
    .description("One run: state, metrics, configuration, files, artifacts")
    .argument("<run>", "Id, entity/project/id, or unique name")
    .addHelpText("after", examples(help["run-show"]))
    .action(async (text: string, _: unknown, command: Command) => {
      const { showCommand } = await import("./commands/run.ts")
      choose(showCommand(text, flagsOf(command)))
    })
  withOptions(quiet(run.command("logs")), ["json"])
    .description("What a run printed")
    .argument("<run>", "Id, entity/project/id, or unique name")
    .option("-f, --follow", "Go on until the run is over")
    .addHelpText("after", examples(help["run-logs"]))
    .action(async (text: string, _: unknown, command: Command) => {
      const { logsCommand } = await import("./commands/run.ts")
      choose(logsCommand(text, flagsOf(command)))
    })
  withOptions(quiet(run.command("stop")), ["json"])
    .description("Stop a run: SIGTERM, and SIGKILL when the grace is over")
    .argument("<run>", "Id, entity/project/id, or unique name")
    .option("--grace <seconds>", "Time between the two", "10")
    .addHelpText("after", examples(help["run-stop"]))
    .action(async (text: string, _: unknown, command: Command) => {
      const { stopCommand } = await import("./commands/run.ts")
      choose(stopCommand(text, flagsOf(command)))
    })
}

const artifactCommands = (program: Command, choose: Choose) => {
  const artifact = quiet(program.command("artifact")).description("List and download artifacts")
  withOptions(quiet(artifact.command("list")), common)
    .description("Versions of artifacts, newest first")
    .option("--type <type>", "Only artifacts of this type")
    .option("--name <name>", "Only this artifact")
    .addHelpText("after", examples(help["artifact-list"]))
    .action(async (_: unknown, command: Command) => {
      const { listCommand } = await import("./commands/artifact.ts")
      choose(listCommand(flagsOf(command)))
    })
  withOptions(quiet(artifact.command("download")), common)
    .description("Write the files of a version into a folder")
    .argument("<artifact>", "[[entity/]project/]name[:alias]")
    .option("--type <type>", "The artifact's type, where a job and its code bear one name")
    .option("-o, --output <folder>", "Where to (default: artifacts/<name>:<version>)")
    .addHelpText("after", examples(help["artifact-download"]))
    .action(async (reference: string, _: unknown, command: Command) => {
      const { downloadCommand } = await import("./commands/artifact.ts")
      choose(downloadCommand(reference, flagsOf(command)))
    })
}

const machineCommands = (program: Command, choose: Choose) => {
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

export const makeProgram = (choose: Choose): Command => {
  const program = quiet(new Command("relaunch"))
    .description(
      "Creates launch jobs from git, directories and images, and runs them in containers",
    )
    .usage("[flags] | <command>")
    .version(version, "-V, --version", "Show the version")
    .helpCommand("help [command]", "Show the help of a command")
    .enablePositionalOptions()
    .addHelpText("before", `${examples(help.launch).trimStart()}\n`)
    .addHelpText("after", help.epilogue)
  launchCommands(program, choose)
  jobCommands(program, choose)
  runCommands(program, choose)
  artifactCommands(program, choose)
  machineCommands(program, choose)
  return program
}
