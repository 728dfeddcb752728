/** Settings of the machine, which files and variables alone set. */
import type { Setting } from "./setting.ts"

export const machineSettings = [
  {
    key: "builder-settings",
    kind: "map",
    value: "name=value",
    group: "Machine",
    help: "Settings of the builder backend named by `type`; in files they stand under `builder`",
    filesOnly: true,
  },
  {
    key: "cache",
    kind: "text",
    group: "Machine",
    help: "Folder for git mirrors and digests of code",
    filesOnly: true,
  },
  {
    key: "code-limit",
    kind: "number",
    group: "Machine",
    help: "Largest code source, in bytes",
    fallback: 2_000_000_000,
    filesOnly: true,
  },
  {
    key: "code-file-limit",
    kind: "number",
    group: "Machine",
    help: "Most files of a code source",
    fallback: 100_000,
    filesOnly: true,
  },
  {
    key: "git-timeout",
    kind: "number",
    group: "Machine",
    help: "Time limit of one git command, in seconds",
    fallback: 600,
    filesOnly: true,
  },
  {
    key: "server-port",
    kind: "number",
    group: "Machine",
    help: "Port of `relaunch serve`",
    fallback: 7711,
    filesOnly: true,
  },
] as const satisfies ReadonlyArray<Setting>
