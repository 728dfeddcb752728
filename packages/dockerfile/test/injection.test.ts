/** No value of a project can become an instruction: the text read back is exactly the plan. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import { DockerfileParser } from "dockerfile-ast"
import * as Effect from "effect/Effect"
import { planImage, printDockerfile } from "../src/index.ts"
import { inspected } from "./project.ts"

const noSecrets = { secretMounts: true, secrets: [] }

const pieces = [
  ..."\n\r\t\0\u0001\u001b\u007f\u0085\u2028\u2029\ufeff\u200b\\\"'`$<>&|;#[]{}(),=: ",
  ...["\r\n", "\\\n", "\nRUN touch /pwned\n", "FROM evil", "]\nUSER root\n", "<<EOF\n", "EOF\n"],
  ...[
    "# escape=`\n",
    "$(id)",
    `\${PATH}`,
    "`id`",
    "--mount=type=bind",
    "ONBUILD",
    '", "',
    "\\u000a",
  ],
  ...["日本", "é", "\ud800", "😀", "a", "-", "--", "a".repeat(300)],
]

/** The same numbers every time, so that a failure can be repeated. */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const hostile = (next: (below: number) => number): string =>
  Array.from({ length: 1 + next(8) }, () => pieces[next(pieces.length)] ?? "").join("")

/** Instructions of a text with their arguments, JSON words decoded. */
const readBack = (text: string) =>
  DockerfileParser.parse(text)
    .getInstructions()
    .map((instruction) => {
      const line = instruction.getTextContent()
      const words = /\[.*\]$/s.exec(line)?.[0]
      return {
        name: instruction.getInstruction(),
        lines: instruction.getRange().end.line - instruction.getRange().start.line,
        words: words === undefined ? undefined : JSON.parse(words),
      }
    })

const rounds = 400

describe("hostile", () => {
  effect("entry points stay words of the entry point", () =>
    Effect.gen(function* () {
      const next = numbers(1)
      const facts = yield* inspected({ "requirements.txt": "numpy" })
      const plain = {
        entryPoint: ["x"],
        baseImage: undefined,
        cacheMounts: false,
        ...noSecrets,
      }
      const wanted = (yield* planImage(facts, plain)).instructions.map(({ text }) =>
        text.replace(/ .*/s, ""),
      )
      for (let round = 0; round < rounds; round += 1) {
        const entryPoint = Array.from({ length: 1 + next(4) }, () => hostile(next))
        const text = printDockerfile(yield* planImage(facts, { ...plain, entryPoint }))
        const read = readBack(text)
        expect(read.map(({ name }) => name)).toEqual(wanted)
        expect(read.every(({ lines }) => lines === 0)).toBe(true)
        expect(read.find(({ name }) => name === "ENTRYPOINT")?.words).toEqual(entryPoint)
        expect(text).toMatch(/^[\n\x20-\x7e]*$/)
      }
    }),
  )

  for (const cacheMounts of [false, true]) {
    effect(`dependencies stay words of the installer, ${cacheMounts ? "uv" : "pip"}`, () =>
      Effect.gen(function* () {
        const next = numbers(2)
        const options = { entryPoint: ["x"], baseImage: undefined, cacheMounts, ...noSecrets }
        for (let round = 0; round < rounds; round += 1) {
          const requirements = Array.from({ length: 1 + next(4) }, () => hostile(next))
          const { dependencies, ...facts } = yield* inspected({
            "pyproject.toml": "[project]\ndependencies = []\n",
          })
          expect(dependencies._tag).toBe("Pyproject")
          const text = printDockerfile(
            yield* planImage(
              {
                ...facts,
                dependencies: { _tag: "Pyproject", requirements, versionControl: false },
              },
              options,
            ),
          )
          const read = readBack(text)
          const install = read.find(
            ({ words }) => words?.includes("install") && words.at(-1) !== "uv",
          )
          expect(install?.words.slice(-requirements.length)).toEqual(requirements)
          expect(read.every(({ lines }) => lines === 0)).toBe(true)
          expect(read.filter(({ name }) => name === "USER" || name === "FROM")).toHaveLength(2)
          expect(text).toMatch(/^[\n\x20-\x7e]*$/)
        }
      }),
    )
  }

  effect("a base image has no login, and none is repeated", () =>
    Effect.gen(function* () {
      const facts = yield* inspected({})
      const planned = (baseImage: string) =>
        Effect.either(
          planImage(facts, { entryPoint: ["x"], baseImage, cacheMounts: false, ...noSecrets }),
        )
      expect(yield* planned("me:plain@host/x:1")).toMatchObject({
        left: { code: "E_IMAGE_NAME", message: "`***@host/x:1` is not the name of an image" },
      })
      const digest = `sha256:${"0".repeat(64)}`
      expect((yield* planned(`host:5000/x:1@${digest}`))._tag).toBe("Right")
    }),
  )

  effect("base images are refused, or stand alone after FROM", () =>
    Effect.gen(function* () {
      const next = numbers(3)
      const facts = yield* inspected({})
      let taken = 0
      for (let round = 0; round < 4 * rounds; round += 1) {
        const baseImage = hostile(next)
        const tried = yield* Effect.either(
          planImage(facts, {
            entryPoint: ["x"],
            baseImage,
            cacheMounts: false,
            ...noSecrets,
          }),
        )
        if (tried._tag === "Left") {
          expect(tried.left.code).toBe("E_IMAGE_NAME")
          expect(tried.left.message).not.toContain("\n")
        } else {
          taken += 1
          expect(printDockerfile(tried.right).split("\n")[0]).toBe(`FROM ${baseImage}`)
          expect(baseImage).toMatch(/^[a-z0-9][\w.:/-]*(@\w+:\w+)?$/i)
        }
      }
      expect(taken).toBeGreaterThan(0)
    }),
  )

  effect("names of included files are copied by no instruction of their own", () =>
    Effect.gen(function* () {
      const next = numbers(4)
      for (let round = 0; round < rounds; round += 1) {
        const name = hostile(next).replace(/[\s"'#\\/\0:]|\.\.|\u0085|\ufeff/g, "") || "x"
        const tried = yield* Effect.either(
          inspected({ "requirements.txt": `-r ${name}`, [name]: "numpy" }),
        )
        if (tried._tag === "Left") continue
        const plan = yield* planImage(tried.right, {
          entryPoint: ["x"],
          baseImage: undefined,
          cacheMounts: false,
          ...noSecrets,
        })
        for (const { name: instruction, words } of readBack(printDockerfile(plan))) {
          if (instruction !== "COPY") continue
          expect(words[0]).toMatch(/^[A-Za-z0-9_./ +@,-]+$/)
        }
      }
    }),
  )
})
