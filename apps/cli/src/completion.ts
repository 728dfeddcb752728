/** What may come next on a command line: commands and flags of the tree, choices, and what the store has. */
import * as fs from "node:fs"
import { join } from "node:path"
import type { Command as CompletedCommand, RootCommand } from "@bomb.sh/tab"
import tab from "@bomb.sh/tab/commander"
import { locations, type Setting, settings } from "@relaunch/config"
import { listRuns } from "@relaunch/launch"
import { Store, storeLayer } from "@relaunch/store"
import type { Command } from "commander"
import * as Effect from "effect/Effect"
import { automatic, backends } from "./backends.ts"
import { printedBy } from "./library-output.ts"
import { visible } from "./render/visible.ts"

type Words = ReadonlyArray<readonly [word: string, about: string]>

/** Shells expand what they are offered, so that `$(...)` in a name would be run: nothing but plain words is. */
const isPlain = (word: string): boolean => /^[\p{L}\p{N}_][\p{L}\p{N}_.@%+=:,/-]*$/u.test(word)

/** Nothing where there is no store, or none that can be read: a press of tab says no errors. */
const inStore = (look: Effect.Effect<Words, unknown, Store>): Words => {
  const { home } = locations(process.env, process.cwd())
  if (!fs.existsSync(join(home, "store.db"))) return []
  return Effect.runSync(
    look.pipe(
      Effect.map((words) =>
        words.flatMap(([word, about]) => (isPlain(word) ? [[word, visible(about)] as const] : [])),
      ),
      Effect.provide(storeLayer({ home })),
      Effect.catchAllCause(() => Effect.succeed([])),
    ),
  )
}

/** Their definitions are not read: names are all that is offered. */
const jobs = (): Words =>
  inStore(
    Effect.gen(function* () {
      const { artifacts } = yield* Store
      const versions = yield* artifacts.list({ type: "job" })
      return [...new Set(versions.map(({ name, project }) => `${project}/${name}`))].map(
        (name) => [name, "job"] as const,
      )
    }),
  )

const mostRuns = 100

const runs = (): Words =>
  inStore(
    Effect.map(listRuns({ limit: mostRuns }), (found) =>
      found.map(({ id, name, state }) => [id, `${name}, ${state}`]),
    ),
  )

const choicesOf = (setting: Setting): (() => Words) | undefined => {
  if (setting.key === "job") return jobs
  const choices =
    setting.key === "builder" ? [automatic, ...Object.keys(backends)] : setting.choices
  return choices === undefined ? undefined : () => choices.map((choice) => [choice, ""])
}

const withChoices = (command: CompletedCommand): void => {
  for (const setting of settings as ReadonlyArray<Setting>) {
    const option = command.options.get(setting.key)
    const words = choicesOf(setting)
    if (option === undefined || words === undefined) continue
    option.isBoolean = false
    option.handler = (complete) => {
      for (const [word, about] of words()) complete(word, about)
    }
  }
  for (const [name, words] of [
    ["job", jobs],
    ["run", runs],
  ] as const) {
    const argument = command.arguments.get(name)
    if (argument === undefined) continue
    argument.handler = (complete) => {
      for (const [word, about] of words()) complete(word, about)
    }
  }
}

/** What fits the words, one a line with a tab and what it is; the last line is for the shell's script. */
export const completionOf = (program: Command, words: ReadonlyArray<string>): string => {
  const root: RootCommand = tab(program)
  for (const command of [root, ...root.commands.values()]) withChoices(command)
  return printedBy(() => root.parse([...words]))
}
