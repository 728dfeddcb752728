/** Containers on the rig's engines, as those see them. */
import * as Effect from "effect/Effect"
import { rig } from "./command.ts"

/** Ids of the containers of a store on the engine that runs what this builder builds. */
export const containersOfHome = (builder: string, home: string, which: "all" | "running" = "all") =>
  Effect.promise(async (): Promise<ReadonlyArray<string>> => {
    const all = which === "all"
    const label = `dev.relaunch.home=${home}`
    if (builder === "podman") {
      const env = { ...process.env, ...rig.podman.environment }
      const listed = Bun.spawn(
        ["podman", "ps", "-q", `--all=${all}`, "--filter", `label=${label}`],
        { env },
      )
      return (await listed.stdout.text()).split("\n").filter((line) => line !== "")
    }
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
    const unix = rig.engine.host.replace("unix://", "")
    const answer = await fetch(`http://engine/containers/json?all=${all}&filters=${filters}`, {
      unix,
    })
    return ((await answer.json()) as ReadonlyArray<{ Id: string }>).map(({ Id }) => Id)
  })
