/** A BuildKit daemon of the bench alone, whose cache may be thrown away between two transfers. */
import { connect } from "node:net"
import { dirname, join } from "node:path"
import { type Problem, waitFor } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Bench, environmentOf } from "./bench.ts"

const listens = (path: string): Effect.Effect<true | undefined> =>
  Effect.async((resume) => {
    const socket = connect(path)
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.once("error", () => resume(Effect.succeed(undefined)))
  })

/** `unix:///...`; ended with the scope. */
export const ownBuildkitd = (bench: Bench): Effect.Effect<string, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = join(bench.folder, "b.sock")
    const program = join(dirname(bench.rig.buildkit.buildctl), "buildkitd")
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        Bun.spawn(
          [
            ...[program, "--addr", `unix://${socket}`, "--root", join(bench.folder, "buildkit")],
            ...["--oci-worker=true", "--oci-worker-binary", "runc", "--containerd-worker=false"],
          ],
          { env: environmentOf(bench, "home"), stdio: ["ignore", "ignore", "ignore"] },
        ),
      ),
      (daemon) =>
        Effect.promise(async () => {
          daemon.kill("SIGTERM")
          await daemon.exited
        }),
    )
    yield* waitFor({ what: "the bench's buildkitd", atMost: "30 seconds" }, listens(socket))
    return `unix://${socket}`
  })
