/** The pages made from the code are those in docs/. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { settings } from "@relaunch/config"
import { commandReference, exitCodeReference } from "../src/reference.ts"

const docs = (name: string) => Bun.file(join(import.meta.dir, "../../../docs", name)).text()

test("docs/cli.md is what the commands say of themselves", async () => {
  expect(await docs("cli.md")).toBe(commandReference())
})

test("docs/exit-codes.md has every code with its status", async () => {
  expect(await docs("exit-codes.md")).toBe(exitCodeReference())
})

test("the help of `relaunch` shows every argument of a launch", () => {
  const [whole = ""] = commandReference().split("## `relaunch launch`")
  for (const setting of settings) {
    if (!("filesOnly" in setting)) expect(whole).toContain(`--${setting.key}`)
  }
})
