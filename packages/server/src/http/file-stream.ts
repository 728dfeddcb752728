/** `POST /files/<entity>/<project>/<run>/file_stream`: lines as they are logged, and the end of the run. */
import { type Failure, failure } from "@relaunch/failure"
import type { KeyScope, RunKey, StoreShape, StreamPost } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { jsonBody } from "./body.ts"
import { json, refusal } from "./reply.ts"

const Post = Schema.Struct({
  files: Schema.optional(
    Schema.NullOr(
      Schema.Record({
        key: Schema.String,
        value: Schema.Struct({
          offset: Schema.optional(Schema.NullOr(Schema.Number)),
          content: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
        }),
      }),
    ),
  ),
  complete: Schema.optional(Schema.NullOr(Schema.Boolean)),
  exitcode: Schema.optional(Schema.NullOr(Schema.Number)),
  preempting: Schema.optional(Schema.NullOr(Schema.Boolean)),
})

const decode = Schema.decodeUnknown(Post)

const postOf = ({ complete, exitcode, files, preempting }: typeof Post.Type): StreamPost => ({
  files: Object.entries(files ?? {}).map(([file, { content, offset }]) => ({
    file,
    offset: offset ?? 0,
    lines: content ?? [],
  })),
  complete: complete ?? false,
  exitCode: exitcode ?? null,
  preempting: preempting ?? false,
})

/** The SDK counts the lines of each file from 0. */
const badOffset = ({ files }: StreamPost): StreamPost["files"][number] | undefined =>
  files.find(({ offset }) => !Number.isSafeInteger(offset) || offset < 0)

/** An unknown run is made, unknown files are kept: a refusal would lose data without a word. */
export const fileStream = (
  { sdk }: StoreShape,
  scope: KeyScope,
  key: RunKey,
  request: Request,
): Effect.Effect<Response, Failure> =>
  Effect.gen(function* () {
    const { run } = scope
    if (
      run !== null &&
      (run.entity !== key.entity || run.project.toLowerCase() !== key.project.toLowerCase())
    ) {
      return refusal(403, `The key of run \`${run.id}\` may not write to \`${key.project}\``)
    }
    const post = yield* Effect.flatMap(jsonBody(request), decode).pipe(
      Effect.mapError((error) =>
        error._tag === "Failure" ? error : failure("E_SERVER", "This is no file_stream post"),
      ),
    )
    const posted = postOf(post)
    const bad = badOffset(posted)
    if (bad !== undefined) {
      return refusal(400, `Offset ${bad.offset} of \`${bad.file}\` is no number of a line`)
    }
    const { stopped } = yield* sdk.runs.post(key, posted)
    return json(stopped ? { stopped: true } : {})
  })
