/** Words in silence: what goes on and for how long, and none where something else is said. */
import { expect, test } from "bun:test"
import { BuildEvent } from "@relaunch/build"
import { LaunchEvent } from "@relaunch/launch"
import { heartbeat } from "../src/render/heartbeat.ts"

const nextLine = (lines: ReadonlyArray<string>, from: number) =>
  new Promise<string>((resolve) => {
    const look = setInterval(() => {
      const line = lines[from]
      if (line === undefined) return
      clearInterval(look)
      resolve(line)
    }, 5)
  })

test("a step that says nothing is named again and again, until the program speaks for itself", async () => {
  const lines: Array<string> = []
  const beat = heartbeat((line) => lines.push(line), 50)
  beat.follow(LaunchEvent.Started({ what: "resolve the source" }), false)
  expect(await nextLine(lines, 0)).toBe("... resolve the source (0 s)")
  const step = BuildEvent.VertexStarted({ id: "1", name: "RUN sleep 600" })
  beat.follow(LaunchEvent.Build({ event: step }), true)
  const from = lines.length
  expect(await nextLine(lines, from)).toBe("... RUN sleep 600 (0 s)")
  expect(await nextLine(lines, from + 1)).toBe("... RUN sleep 600 (0 s)")
  beat.end()
})
