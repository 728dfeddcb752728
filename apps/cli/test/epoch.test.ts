/** SOURCE_DATE_EPOCH in a launch: the run sees those times, with engines that rewrite them and with others. */
import { expect } from "bun:test"
import { liveEffect, newerTestRig, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, machine } from "./command.ts"

const newer = await newerTestRig()

/** Older engines keep the times of their steps and say so. */
const ways = {
  "docker 26": { ...builders.docker, env: { DOCKER_HOST: newer.engine.host }, rewrites: true },
  docker: { ...builders.docker, rewrites: false },
  buildkit: { ...builders.buildkit, rewrites: true },
  podman: { ...builders.podman, rewrites: true },
}

for (const [title, { env, name, rewrites }] of Object.entries(ways)) {
  liveEffect(`${title} runs what it built under SOURCE_DATE_EPOCH, and builds it once`, () =>
    Effect.gen(function* () {
      // Files of the context have times of their own; the directory is as old as its step.
      const folder = yield* temporaryFolder({
        "main.sh": `# ${crypto.randomUUID()}\nstat -c %Y .\n`,
      })
      const { json, relaunch } = yield* machine
      // Small, as all of its layers are rewritten.
      const base = ["--base-image", "busybox:1"]
      const flags = ["--uri", ".", "-J", "same", "-p", "demo", "-E", "sh main.sh", ...base]
      const options = { cwd: folder, env: { ...env, SOURCE_DATE_EPOCH: "946684800" } }
      const first = yield* relaunch([...flags, "--builder", name], options)
      expect(first.code === 0 ? "" : first.stderr).toBe("")
      if (rewrites) expect(first.stdout).toBe("946684800\n")
      expect(first.stderr.includes("this engine keeps times in layers")).toBe(!rewrites)
      const again = yield* json([...flags, "--builder", name], options)
      expect(again.image.cached).toBe(true)
    }),
  )
}
