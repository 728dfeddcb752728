/** Basic authentication as the SDK does it: user `api`, the tracking key as password. */
import type { Failure } from "@relaunch/failure"
import type { KeyScope, StoreShape } from "@relaunch/store"
import * as Effect from "effect/Effect"

const keyOf = (header: string | null): string | undefined => {
  const encoded = /^basic\s+(\S+)$/i.exec(header ?? "")?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, "base64").toString("utf8")
  const at = text.indexOf(":")
  return at < 0 ? undefined : text.slice(at + 1)
}

/** The user speaks for `entity`, a run for its own. Undefined when there is no key, or none that we know. */
export const scopeOf = (
  { keys }: StoreShape,
  entity: string,
  request: Request,
): Effect.Effect<KeyScope | undefined, Failure> => {
  const key = keyOf(request.headers.get("authorization"))
  if (key === undefined || key === "") return Effect.succeed(undefined)
  return Effect.map(keys.verify(key), (scope) =>
    scope === undefined || scope.run !== null ? scope : { entity, run: null },
  )
}
