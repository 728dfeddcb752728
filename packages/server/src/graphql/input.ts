/** Reads the `input` of a mutation. Keys that we do not know are left alone: each SDK version has more. */
import { failure } from "@relaunch/failure"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Left out and null mean the same to the SDK. */
export const Text = Schema.optional(Schema.NullOr(Schema.String))
export const Whole = Schema.optional(Schema.NullOr(Schema.Number))
export const Flag = Schema.optional(Schema.NullOr(Schema.Boolean))
export const Texts = Schema.optional(Schema.NullOr(Schema.Array(Schema.String)))

export interface MutationArguments {
  readonly input?: unknown
}

/** A reader for one mutation; throws a Failure with the path of the first thing that does not fit. */
export const inputOf = <A, I>(mutation: string, schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownEither(schema)
  return ({ input }: MutationArguments): A => {
    const result = decode(input)
    if (Either.isRight(result)) return result.right
    const [issue] = ParseResult.ArrayFormatter.formatErrorSync(result.left)
    throw failure(
      "E_SERVER",
      `\`${mutation}\` has an unexpected input at \`${issue?.path.join(".") || "input"}\`: ${issue?.message ?? "unreadable"}`,
    )
  }
}

export const known = <A>(value: A | null | undefined): A | undefined => value ?? undefined
