/** A buildkitd that knows nothing: only what a build brings can be cached on it. */
import { join } from "node:path"
import { temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Client } from "../../src/index.ts"

const rig = await testRig()

const settings = [
  ...["[worker.oci]", 'networkMode = "host"'],
  ...[`[registry."${rig.registry.open.address}"]`, "http = true"],
].join("\n")

/** Its address; the program is the rig's. */
export const ownBuildkitd = (flags: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder({ "buildkitd.toml": settings })
    const address = `unix://${join(folder, "buildkitd.sock")}`
    const command = [
      rig.buildkit.buildctl.replace(/buildctl$/, "buildkitd"),
      ...["--config", join(folder, "buildkitd.toml"), "--addr", address],
      ...["--root", join(folder, "root"), "--oci-worker=true", "--oci-worker-binary", "runc"],
      ...["--containerd-worker=false", ...flags],
    ]
    yield* Effect.acquireRelease(
      Effect.sync(() => Bun.spawn(command, { stdout: "ignore", stderr: "ignore" })),
      (child) =>
        Effect.promise(async () => {
          child.kill()
          await child.exited
        }),
    )
    yield* Effect.scoped(Client.connect(address)).pipe(
      Effect.retry(Schedule.spaced("50 millis")),
      Effect.timeout("20 seconds"),
    )
    return address
  })
