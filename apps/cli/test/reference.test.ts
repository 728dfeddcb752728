/** The pages made from the code are those in docs/. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { settings } from "@relaunch/config"
import { split } from "shlex"
import { environmentReference } from "../src/environment-reference.ts"
import { jsonWords } from "../src/json-words.ts"
import { manualPage } from "../src/manual.ts"
import { makeProgram } from "../src/program.ts"
import { splitWords } from "../src/program-arguments.ts"
import { commandReference, exitCodeReference } from "../src/reference.ts"

const docs = (name: string) => Bun.file(join(import.meta.dir, "../../../docs", name)).text()

test("docs/cli.md is what the commands say of themselves", async () => {
  expect(await docs("cli.md")).toBe(commandReference())
})

test("docs/exit-codes.md has every code with its status", async () => {
  expect(await docs("exit-codes.md")).toBe(exitCodeReference())
})

test("docs/relaunch.1 is made from the same commands, and a formatter finds nothing wrong in it", async () => {
  const page = await docs("relaunch.1")
  expect(page).toBe(manualPage())
  // Every line that begins as a request is one that was meant.
  const requests = page.split("\n").filter((line) => /^[.']/.test(line))
  expect(requests.filter((line) => !/^\.(?:TH|SH|SS|nf|fi)\b/.test(line))).toEqual([])
})

test("docs/environment.md has every variable that the sources read", async () => {
  const page = await docs("environment.md")
  expect(page).toBe(environmentReference())
  const root = join(import.meta.dir, "../../..")
  const read = new Set<string>()
  for (const file of new Bun.Glob("{packages,apps}/*/src/**/*.ts").scanSync(root)) {
    const text = await Bun.file(join(root, file)).text()
    for (const [, name = ""] of text.matchAll(/\benv\["([A-Z_]+)"\]/g)) read.add(name)
  }
  expect(read.size).toBeGreaterThan(15)
  expect([...read].filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test("the help of `relaunch` shows every argument of a launch", () => {
  const [whole = ""] = commandReference().split("## `relaunch launch`")
  for (const setting of settings) {
    if (!("filesOnly" in setting)) expect(whole).toContain(`--${setting.key}`)
  }
})

test("every example of the help is a command line that the command takes", async () => {
  const lines = [...commandReference().matchAll(/^ {2}(.*\brelaunch .*)$/gm)]
    .map(([, line = ""]) => line)
    // Other lines of the help speak of the command and are no commands.
    .filter((line) => /^(?:relaunch |eval "\$\(relaunch )/.test(line))
  expect(lines.length).toBeGreaterThan(30)
  for (const line of new Set(lines)) {
    const command = /^eval "\$\((.*?)\)"/.exec(line)?.[1] ?? line
    const [, ...words] = split(command.replace(/ > \S+$/, ""))
    let chosen = false
    const program = makeProgram(() => {
      chosen = true
    })
    const { own } = splitWords(words)
    await program.parseAsync([...jsonWords(own).argv], { from: "user" })
    expect([line, chosen]).toEqual([line, true])
  }
})
