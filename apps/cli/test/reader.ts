/** A reader of the documents, who types what stands there. */
import { dirname, join } from "node:path"
import {
  cliEnvironment,
  finished,
  gitRepository,
  relaunchExecutable,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { rig } from "./command.ts"

export const root = join(import.meta.dir, "../../..")
export const text = (path: string) => Bun.file(join(root, path)).text()

/** Contents of the fenced blocks of a language. */
export const blocks = (page: string, language: string): ReadonlyArray<string> =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, block = ""]) =>
    block.trim(),
  )

/** `before` PATH, where other programs are to be found first. */
export const shell = (command: string, home: string, cwd: string, before = "") => {
  const { PATH = "", ...env } = cliEnvironment(home, rig.environment)
  return finished(["bash", "-euc", command], {
    cwd,
    env: { ...env, PATH: `${before}${dirname(relaunchExecutable)}:${PATH}` },
  })
}

export const hello = {
  "main.py": 'print("hello")\n',
  "requirements.txt": "six==1.16.0\n",
}

const remote = "https://github.com/wandb/launch-jobs.git"

/** The page's remote is not on this network: the user's git finds it elsewhere, and further ones too. */
export const remotesOf = (home: string, others: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const { url } = yield* gitRepository({
      name: "launch-jobs",
      files: {
        "jobs/hello_world/Dockerfile.wandb":
          'FROM python:3.13-slim\nCOPY job.py ./\nENTRYPOINT ["python", "job.py"]\n',
        "jobs/hello_world/job.py": 'import os\nprint("config", os.environ["WANDB_CONFIG"])\n',
      },
    })
    const all = { [remote]: url.httpsWithLogin, ...others }
    const lines = Object.entries(all).map(
      ([known, here]) => `[url "${here}"]\n\tinsteadOf = ${known}\n`,
    )
    yield* writeFiles(home, { ".gitconfig": lines.join("") })
  })
