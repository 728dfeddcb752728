/** `POST /graphql`. */
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import type { KeyScope, StoreShape } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { askWith } from "../graphql/call.ts"
import { answer, defectsIn, type preparedOnce } from "../graphql/execute.ts"
import { callWith } from "../graphql/graph.ts"
import { isJson, jsonBody } from "./body.ts"
import { json, refusal } from "./reply.ts"
import { signedUrls } from "./signed-url.ts"

const Question = Schema.Struct({
  query: Schema.String,
  variables: Schema.optional(
    Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  ),
  operationName: Schema.optional(Schema.NullOr(Schema.String)),
})

const decode = Schema.decodeUnknown(Question)

export const graphql = (
  store: StoreShape,
  scope: KeyScope,
  prepare: ReturnType<typeof preparedOnce>,
  request: Request,
): Effect.Effect<Response, Failure> =>
  Effect.gen(function* () {
    if (!isJson(request)) {
      return refusal(415, "A GraphQL request is JSON: its `Content-Type` is `application/json`")
    }
    const question = yield* Effect.flatMap(jsonBody(request), decode).pipe(
      Effect.mapError((error) =>
        error._tag === "Failure" ? error : failure("E_SERVER", "This is no GraphQL request"),
      ),
    )
    const { isNew, prepared } = yield* Effect.try({
      try: () => prepare(question.query),
      catch: (cause) => failure("E_SERVER", reasonOf(cause)),
    })
    if (isNew && prepared.unknown.length > 0) {
      yield* Effect.logWarning(
        `Unknown fields asked for by \`${prepared.operation}\`: ${prepared.unknown.join(", ")}`,
      )
    }
    const runtime = yield* Effect.runtime<never>()
    const secret = yield* store.sdk.secret
    const result = yield* Effect.promise(() =>
      answer(
        prepared,
        {
          variables: question.variables ?? {},
          operationName: question.operationName ?? undefined,
        },
        callWith({
          store,
          scope,
          urls: signedUrls(secret, `http://${request.headers.get("host")}`),
          ask: askWith(runtime),
        }),
      ),
    )
    const defects = defectsIn(result)
    for (const defect of defects) {
      yield* Effect.logError(`\`${prepared.operation}\` failed: ${reasonOf(defect)}`, defect)
    }
    const errors = result.errors?.map(({ message, path }) => ({ message, path }))
    return json(
      errors === undefined ? { data: result.data } : { data: result.data ?? null, errors },
      defects.length === 0 ? 200 : 400,
    )
  })
