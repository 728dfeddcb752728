/** Jobs of ours and of the released `wandb` are the same jobs: same bytes, each reads the other's. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { liveEffect, temporaryFolder, testRig, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import {
  artifactNameSafe,
  artifactUri,
  codeJob,
  defaultJobName,
  frozenFrom,
  gitJob,
  imageAlias,
  imageJob,
  type JobDefinition,
  jobDigest,
  jobFiles,
  parseDefinition,
  printDefinition,
} from "../src/index.ts"

const { python } = await testRig()

/** Answers of a script to one JSON line each. */
const ask = (script: string, lines: ReadonlyArray<unknown>) =>
  Effect.promise(async () => {
    const child = Bun.spawn([python.wandb, join(import.meta.dir, "wandb", script)], {
      stdin: new Blob([lines.map((line) => `${JSON.stringify(line)}\n`).join("")]),
      stdout: "pipe",
      stderr: "pipe",
    })
    const [text, said, code] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ])
    if (code !== 0) throw new Error(said)
    return text
      .trimEnd()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line))
  })

/** The same jobs in every run: a small generator of pseudo-random numbers (mulberry32). */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const random = numbers(20_261_124)
const pick = <A>(...items: readonly [A, ...Array<A>]): A => items[random(items.length)] ?? items[0]
const maybe = (text: () => string) => (random(2) === 0 ? undefined : text())

const letters = [
  "a",
  "B",
  "7",
  "-",
  "_",
  ".",
  "/",
  " ",
  "é",
  "日",
  "😀",
  '"',
  "\\",
  "\t",
  "\u007f",
  "<",
  "'",
]
const word = () =>
  Array.from({ length: 1 + random(12) }, () => letters[random(letters.length)]).join("")
const hex = (length: number) => Array.from({ length }, () => random(16).toString(16)).join("")

interface Generated {
  readonly input: Readonly<Record<string, unknown>>
  readonly definition: JobDefinition
  readonly frozenRequirements: string
  readonly name: string
}

const entryPoint = () => [
  pick("python", "python3", "bash"),
  word(),
  ...(random(2) === 0 ? [] : [word()]),
]

const generated = (): Generated => {
  const runtime = pick("3.9", "3.10", "3.13")
  const build = { buildContext: maybe(word), dockerfile: maybe(word), baseImage: maybe(word) }
  const words = entryPoint()
  switch (random(3)) {
    case 0: {
      const remote = pick(
        `https://host.example/${hex(4)}/${hex(6)}.git`,
        `git@host:${hex(5)}/${word()}`,
      )
      const job = { remote, commit: hex(40), entryPoint: words, runtime, ...build }
      return {
        input: { kind: "git", ...job },
        definition: gitJob(job),
        frozenRequirements: "",
        name: defaultJobName.git(remote, ""),
      }
    }
    case 1: {
      const requirements =
        Array.from({ length: random(5) }, word).join(pick("\n", "\r\n", "\n\n")) +
        pick("", "\n", "\n\n")
      const artifactId = btoa(`Artifact:${random(1000)}`)
      const name = artifactNameSafe(word())
      return {
        input: {
          kind: "code",
          artifactId,
          requirements,
          entryPoint: words,
          runtime,
          name,
          ...build,
        },
        definition: codeJob({
          artifact: artifactUri(artifactId),
          entryPoint: words,
          runtime,
          ...build,
        }),
        frozenRequirements: frozenFrom(requirements),
        name,
      }
    }
    default: {
      const image = `${pick("", "localhost:5000/", "registry.example/team/")}app${hex(3)}${pick("", ":main", ":v1.2", `@sha256:${hex(64)}`)}`
      return {
        input: { kind: "image", image },
        definition: imageJob({ image }),
        frozenRequirements: "",
        name: defaultJobName.image(image),
      }
    }
  }
}

const jobs = Array.from({ length: 200 }, generated)

describe("the released wandb and we", () => {
  liveEffect("give the same bytes, digests, names and aliases to 200 generated jobs", () =>
    Effect.gen(function* () {
      const theirs = yield* ask(
        "write_jobs.py",
        jobs.map(({ input }) => input),
      )
      expect(theirs.length).toBe(jobs.length)
      jobs.forEach(({ definition, frozenRequirements, input, name }, index) => {
        const image = input["kind"] === "image" ? imageAlias(String(input["image"])) : undefined
        expect({
          name,
          aliases: image === undefined ? [] : [image],
          digest: jobDigest({ definition, frozenRequirements }),
          text: printDefinition(definition),
        }).toEqual(theirs[index])
      })
    }),
  )

  liveEffect("read each other's jobs", () =>
    Effect.gen(function* () {
      const root = yield* temporaryFolder()
      const folders: Array<string> = []
      for (const [index, job] of jobs.entries()) {
        const folder = join(root, String(index))
        yield* writeFiles(
          folder,
          Object.fromEntries(jobFiles(job).map(({ path, text }) => [path, text])),
        )
        folders.push(folder)
      }
      const read = yield* ask("read_jobs.py", folders)
      const theirs = yield* ask(
        "write_jobs.py",
        jobs.map(({ input }) => input),
      )
      for (const [index, { definition }] of jobs.entries()) {
        const source: Readonly<Record<string, unknown>> = definition.source
        expect(read[index]).toMatchObject({
          source_type: definition.source_type,
          entrypoint: source["entrypoint"] ?? null,
          build_context: source["build_context"] ?? null,
          dockerfile: source["dockerfile"] ?? null,
          base_image: source["base_image"] ?? null,
          runtime: definition.runtime,
          docker_image: source["image"] ?? null,
        })
        expect(yield* parseDefinition("theirs", theirs[index].text)).toEqual(definition)
      }
    }),
  )
})
