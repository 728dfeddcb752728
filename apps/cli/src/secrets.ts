/** `--secret`: names with where their values come from, which no command line and no answer holds. */
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { boundedText } from "./bounded.ts"
import { whileReading } from "./render/waiting.ts"
import type { Session } from "./session.ts"
import { standardInput } from "./standard-input.ts"

const secretValue = (
  session: Session,
  name: string,
  from: string,
): Effect.Effect<string, Failure> => {
  const missing = (hint: string) =>
    Effect.fail(
      failure("E_SECRET_MISSING", `Secret \`${name}\` has no value`, {
        hints: [hint],
        details: { secret: name },
      }),
    )
  if (from === "-") {
    return standardInput(`--secret ${name}`).pipe(
      whileReading(session, from),
      Effect.map((text) => text.replace(/\r?\n$/, "")),
    )
  }
  const [kind = "", ...rest] = from.split(":")
  const source = rest.join(":")
  if (kind === "env") {
    const value = process.env[source]
    return value === undefined ? missing(`Set the variable ${source}`) : Effect.succeed(value)
  }
  if (kind === "file") {
    return boundedText(source).pipe(
      whileReading(session, source),
      Effect.map((text) => text.replace(/\r?\n$/, "")),
      Effect.mapError((cause) =>
        failure("E_SECRET_MISSING", `Secret \`${name}\` cannot be read: ${reasonOf(cause)}`, {
          hints: ["Check the file's name and permissions"],
          details: { secret: name },
        }),
      ),
    )
  }
  // The value itself is not repeated: it may be the secret.
  return missing(
    "Write `NAME`, `NAME=env:VARIABLE`, `NAME=file:PATH` or `NAME=-`; a value does not belong on a command line",
  )
}

export const secretsOf = (
  session: Session,
): Effect.Effect<Readonly<Record<string, string>>, Failure> =>
  Effect.gen(function* () {
    const pairs: Array<readonly [string, string]> = []
    for (const item of session.list("secret")) {
      const at = item.indexOf("=")
      const name = at < 0 ? item : item.slice(0, at)
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        return yield* failure("E_USAGE", "The name of a secret is not a variable's name", {
          hints: ["Write `--secret NAME` or `--secret NAME=env:VARIABLE`"],
        })
      }
      pairs.push([
        name,
        yield* secretValue(session, name, at < 0 ? `env:${name}` : item.slice(at + 1)),
      ])
    }
    return Object.fromEntries(pairs)
  })
