/**
 * The command tree. Only flags and help texts are here: what a command does is loaded when it is
 * chosen, so that `--help` and `--version` load nothing else.
 */

import { Command } from "commander"
import { version } from "../package.json" with { type: "json" }
import {
  type Choose,
  collect,
  common,
  flagsOf,
  place,
  quiet,
  withOptions,
} from "./command-parts.ts"
import type { Flags } from "./contract.ts"
import { examples, help } from "./help.ts"
import { machineCommands } from "./machine-commands.ts"

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
    .addHelpText("before", examples(help.launch))
    .action(async (_: unknown, command: Command) => {
      await launch(flagsOf(command))()
    })
  withOptions(quiet(program.command("plan")))
    .description("Show all that a launch would do; build, store and start nothing")
    .addHelpText("before", examples(help.plan))
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
    withOptions(quiet(create.command(kind)), [...common, ...keys, "strict", "dry-run", "no-input"])
      .description(about)
      .argument(`<${argument}>`)
      .option("-n, --name <name>", "Name of the job")
      .option("--description <text>", "What the job is for")
      .option("-a, --alias <alias>", "Further alias of the version (repeatable)", collect)
      .addHelpText("before", examples(help[`create-${kind}`]))
      .action(async (source: string, _: unknown, command: Command) => {
        const { createCommand } = await import("./commands/job.ts")
        choose(createCommand(kind, source, flagsOf(command)))
      })
  }
  withOptions(quiet(job.command("list")), [...common, "strict"])
    .description("Jobs with their latest version")
    .option("--all", "All versions")
    .addHelpText("before", examples(help["job-list"]))
    .action(async (_: unknown, command: Command) => {
      const { listCommand } = await import("./commands/job.ts")
      choose(listCommand(flagsOf(command)))
    })
  withOptions(quiet(job.command("describe")), common)
    .description("One job with its definition")
    .argument("<job>", "[[entity/]project/]name[:alias]")
    .addHelpText("before", examples(help["job-describe"]))
    .action(async (reference: string, _: unknown, command: Command) => {
      const { describeCommand } = await import("./commands/job.ts")
      choose(describeCommand(reference, flagsOf(command)))
    })
  withOptions(quiet(job.command("delete")), [...common, "dry-run", "no-input"])
    .description("Delete a job, or one version of it; its code and runs stay")
    .argument("<job>", "[[entity/]project/]name[:version]")
    .option("-y, --yes", "Do not ask")
    .addHelpText("before", examples(help["job-delete"]))
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
    .addHelpText("before", examples(help["run-list"]))
    .action(async (_: unknown, command: Command) => {
      const { listCommand } = await import("./commands/run.ts")
      choose(listCommand(flagsOf(command)))
    })
  withOptions(quiet(run.command("show")), ["no-pager", "json"])
    .description("One run: state, metrics, configuration, files, artifacts")
    .argument("<run>", "Id, entity/project/id, or unique name")
    .addHelpText("before", examples(help["run-show"]))
    .action(async (text: string, _: unknown, command: Command) => {
      const { showCommand } = await import("./commands/run.ts")
      choose(showCommand(text, flagsOf(command)))
    })
  withOptions(quiet(run.command("logs")), ["json"])
    .description("What a run printed")
    .argument("<run>", "Id, entity/project/id, or unique name")
    .option("-f, --follow", "Go on until the run is over")
    .addHelpText("before", examples(help["run-logs"]))
    .action(async (text: string, _: unknown, command: Command) => {
      const { logsCommand } = await import("./commands/run.ts")
      choose(logsCommand(text, flagsOf(command)))
    })
  withOptions(quiet(run.command("stop")), ["json"])
    .description("Stop a run: SIGTERM, and SIGKILL when the grace is over")
    .argument("<run>", "Id, entity/project/id, or unique name")
    .option("--grace <seconds>", "Time between the two", "10")
    .addHelpText("before", examples(help["run-stop"]))
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
    .addHelpText("before", examples(help["artifact-list"]))
    .action(async (_: unknown, command: Command) => {
      const { listCommand } = await import("./commands/artifact.ts")
      choose(listCommand(flagsOf(command)))
    })
  withOptions(quiet(artifact.command("download")), [...place, "strict"])
    .description("Write the files of a version into a folder")
    .argument("<artifact>", "[[entity/]project/]name[:alias]")
    .option("--type <type>", "The artifact's type, where a job and its code bear one name")
    .option("-o, --output <folder>", "Where to (default: artifacts/<name>:<version>)")
    .addHelpText("before", examples(help["artifact-download"]))
    .action(async (reference: string, _: unknown, command: Command) => {
      const { downloadCommand } = await import("./commands/artifact.ts")
      choose(downloadCommand(reference, flagsOf(command)))
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
    .addHelpText("before", examples(help.launch))
    .addHelpText("after", help.epilogue)
  launchCommands(program, choose)
  jobCommands(program, choose)
  runCommands(program, choose)
  artifactCommands(program, choose)
  machineCommands(program, choose)
  return program
}
