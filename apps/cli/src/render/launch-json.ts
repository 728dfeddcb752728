/** `--progress json`: one event a line on stderr (docs/json.md). */
import type { LaunchEvent } from "@relaunch/launch"

import * as Effect from "effect/Effect"
import { jsonText } from "../json-text.ts"
import { answerProgram, talk } from "../output.ts"

const plain = (event: LaunchEvent): Readonly<Record<string, unknown>> | undefined => {
  switch (event._tag) {
    case "Prepared":
      return undefined
    case "Output":
      return {
        event: "Output",
        stream: event.stream,
        base64: Buffer.from(event.bytes).toString("base64"),
      }
    case "Build": {
      const { _tag, ...rest } = event.event
      return { event: _tag, ...rest }
    }
    default: {
      const { _tag, ...rest } = event
      return { event: _tag, ...rest }
    }
  }
}

/** The container's stdout also goes where it belongs, unless the answer needs the place. */
export const jsonEvents = (asJson: boolean) => {
  const out = answerProgram()
  return {
    show: (event: LaunchEvent): Effect.Effect<void> => {
      const value = plain(event)
      const said = value === undefined ? Effect.void : talk(jsonText(value))
      return event._tag === "Output" && event.stream === "stdout" && !asJson
        ? Effect.zipRight(out.write(event.bytes), said)
        : said
    },
    end: out.end,
  }
}
