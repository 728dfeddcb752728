/**
 * `tooling/inputs [word...]`: tries the bad inputs, or those whose theme or title has one of the words, and
 * prints what each got. Ends with 1 when something is not as it is written.
 */
import * as Effect from "effect/Effect"
import { themes } from "./themes.ts"
import { attempt } from "./try.ts"

const words = process.argv.slice(2)
const say = (line: string) => process.stdout.write(`${line}\n`)
const cut = (text: string, length: number) =>
  text.length > length ? `${text.slice(0, length - 3)}...` : text

const tries = Object.entries(themes).flatMap(([theme, inputs]) =>
  inputs
    .filter(
      ({ title }) => words.length === 0 || words.some((word) => `${theme} ${title}`.includes(word)),
    )
    .flatMap((input) =>
      (input.builders ?? ["docker" as const]).map((builder) => ({ theme, input, builder })),
    ),
)

say("| | input | builder | exit | code | answer |\n|---|---|---|---|---|---|")
const wrong = (
  await Effect.runPromise(
    Effect.forEach(
      tries,
      ({ builder, input, theme }) =>
        Effect.map(attempt(input, builder), (row) => {
          const marks = `${theme}${input.reference ? ", reference" : ""}`
          const cells = [
            marks,
            cut(input.title, 60),
            builder,
            row.status,
            row.code,
            cut(row.message, 110),
          ]
          say(`| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`)
          for (const each of row.wrong) say(`WRONG ${input.title}: ${each}`)
          return row.wrong.length
        }),
      { concurrency: 2 },
    ),
  )
).filter((count) => count > 0).length
say(`${tries.length} tries, ${wrong} not as expected`)
process.exit(wrong === 0 && tries.length > 0 ? 0 : 1)
