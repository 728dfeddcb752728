/** What the BuildKit client fails with, in the words of this project. */
import type { AddressError, BuildFailure, ConnectError } from "@buildkit-js/client"
import { buildFailure, changedSource } from "@relaunch/build"
import { Failure, failure } from "@relaunch/failure"
import { pushFailure } from "./push-failure.ts"

/** How long a daemon may take to say the first word, as of container engines. */
export const greeting = "5 seconds"

/** By which a Dockerfile asks for what the client can tell that it is refused. */
const flagOf: Readonly<Record<string, string>> = {
  "network.host": "--network=host",
  "security.insecure": "--security=insecure",
}

/** Of a program between: what it says there, it says here. */
const asTheProgram = (command: ReadonlyArray<string>): string =>
  `Run \`${command.join(" ")}\` yourself: it must connect without a question, and wait`

const unreachableHint = ({ address, command, kind }: ConnectError): string => {
  if (command !== undefined) {
    return kind === "missing"
      ? `Install \`${command[0]}\`, or set BUILDKIT_HOST to a daemon that is reached without it`
      : asTheProgram(command)
  }
  return address.startsWith("docker+")
    ? "Set DOCKER_BUILDKIT=0 to build by the engine's classic endpoint; where a proxy is before the engine, it must pass `/grpc` and `/session`"
    : "Start buildkitd, or set BUILDKIT_HOST to one that runs"
}

const connectFailure = (error: ConnectError): Failure => {
  const { address, command, kind, reason } = error
  const details = { address, ...(command === undefined ? {} : { command }) }
  switch (kind) {
    case "silent":
      return failure("E_ENGINE_HANGS", `The BuildKit daemon at \`${address}\` does not answer`, {
        hints: [
          command === undefined
            ? `It accepted the connection but said nothing for ${greeting}; restart it`
            : asTheProgram(command),
        ],
        details,
        cause: error,
      })
    case "permission":
      return failure(
        "E_ENGINE_PERMISSION",
        `No permission to use the BuildKit daemon at \`${address}\``,
        {
          hints: [
            "Add yourself to the socket's group, or start buildkitd with `--group` for one of yours",
          ],
          details,
          cause: error,
        },
      )
    case "tls":
      return failure(
        "E_ENGINE_UNREACHABLE",
        `No secure connection to the BuildKit daemon at \`${address}\`: ${reason}`,
        {
          hints: [
            "Check `ca`, `cert`, `key` and `server-name` of the builder: `ca` must have signed the daemon's certificate, and the daemon must trust `cert`",
          ],
          details,
          cause: error,
        },
      )
    default:
      return failure("E_ENGINE_UNREACHABLE", `No BuildKit answers: ${error.message}`, {
        hints: [unreachableHint(error)],
        details,
        cause: error,
      })
  }
}

/** Older engines' BuildKit, and newer ones' with a graph driver, know no exporter that hands an image out. */
const lacksExporter = /^exporter "(?:docker|image)" could not be found$/

export const buildkitFailure = (error: BuildFailure | AddressError | ConnectError): Failure => {
  switch (error._tag) {
    case "BuildError": {
      if (lacksExporter.test(error.reason)) {
        return failure(
          "E_ENGINE",
          "That BuildKit gives its images to its own Docker engine alone",
          {
            hints: [
              "Use `--builder docker` with DOCKER_HOST for that engine, or one with the containerd image store",
            ],
            details: { message: error.reason },
            cause: error,
          },
        )
      }
      const ofPush = pushFailure(error.reason, error)
      if (ofPush !== undefined) return ofPush
      const { code, details, hints, message } = buildFailure({
        step: error.vertex?.name ?? "start",
        message: error.reason,
        log: error.log,
        source: error.source,
      })
      const flag = flagOf[error.refused?.entitlement ?? ""]
      if (flag !== undefined) {
        return failure("E_DOCKERFILE", `The Dockerfile has a \`RUN ${flag}\`, which no build may`, {
          hints: [
            `Leave \`${flag}\` out, or build the image yourself and launch that with \`--docker-image\``,
          ],
          details,
          cause: error,
        })
      }
      return failure(code, message, { hints, details, cause: error })
    }
    case "ContextError":
      if (error.changed === true) return changedSource(error.path)
      return failure("E_SOURCE_UNREADABLE", error.message, {
        hints: ["Check its permissions, or name it in `.relaunchignore`"],
        details: { path: error.path },
        cause: error,
      })
    case "AddressError":
      return failure("E_CONFIG", error.message, {
        hints: ["Set BUILDKIT_HOST to `unix:///run/buildkit/buildkitd.sock` or `tcp://host:1234`"],
        cause: error,
      })
    case "ConnectError":
      return connectFailure(error)
    case "ExportError":
      // The engine's own words, where it is the engine that takes the image.
      if (error.cause instanceof Failure) return error.cause
      return failure("E_ENGINE", `The image did not arrive in the engine: ${error.message}`, {
        hints: ["Check that the engine runs and its disk is not full"],
        cause: error,
      })
    case "RpcError":
      if (error.code === "UNAVAILABLE") {
        return failure("E_ENGINE", `The connection to BuildKit broke: ${error.message}`, {
          hints: ["Check that the daemon still runs, then start again"],
          cause: error,
        })
      }
      return failure("E_ENGINE", `BuildKit refused: ${error.message}`, {
        hints: ["Check the daemon's own log"],
        cause: error,
      })
  }
}
