/** What cannot be reached is told with the way out that there is. */
import { describe, expect, test } from "bun:test"
import { BuildError, ConnectError, ExportError } from "@buildkit-js/client"
import { failure } from "@relaunch/failure"
import { buildkitFailure } from "../src/index.ts"

describe("a BuildKit that does not answer", () => {
  const hintOf = (address: string) =>
    buildkitFailure(new ConnectError({ address, reason: "x" })).hints.join()

  test("inside a Docker engine can be done without", () => {
    expect(hintOf("docker+unix:///var/run/docker.sock")).toContain("DOCKER_BUILDKIT=0")
    expect(hintOf("docker+tcp://host:2375")).toContain("DOCKER_BUILDKIT=0")
  })

  test("behind a program is tried by that, which must be installed", () => {
    const address = "docker-container://bk"
    const command = ["docker", "exec", "-i", "bk", "buildctl", "dial-stdio"]
    const told = (kind: ConnectError["kind"] & string, reason: string) => {
      const { code, hints, message } = buildkitFailure(
        new ConnectError({ address, command, kind, reason }),
      )
      return [code, message, hints.join("\n")]
    }
    const prefix = "No BuildKit answers: Could not connect to `docker-container://bk`: "
    expect(told("missing", "`docker` is not installed")).toEqual([
      "E_ENGINE_UNREACHABLE",
      `${prefix}\`docker\` is not installed`,
      "Install `docker`, or set BUILDKIT_HOST to a daemon that is reached without it",
    ])
    const tried =
      "Run `docker exec -i bk buildctl dial-stdio` yourself: it must connect without a question, and wait"
    expect(told("program", "x")).toEqual(["E_ENGINE_UNREACHABLE", `${prefix}x`, tried])
    expect(told("silent", "x")).toEqual([
      "E_ENGINE_HANGS",
      "The BuildKit daemon at `docker-container://bk` does not answer",
      tried,
    ])
  })

  test("on its own must be started or named", () => {
    expect(hintOf("unix:///run/buildkit/buildkitd.sock")).toContain("BUILDKIT_HOST")
  })
})

test("an engine that does not take an image says so itself", () => {
  const own = failure("E_ENGINE", "The container engine could not load the image: no space left", {
    hints: ["Check that its disk is not full"],
  })
  expect(buildkitFailure(new ExportError({ reason: own.message, cause: own }))).toBe(own)
})

test("the BuildKit inside an engine that hands no image out is told as that", () => {
  // As dockerd 20.10.24 says it.
  const said = { reason: 'exporter "docker" could not be found', log: [] }
  const { code, hints, message } = buildkitFailure(new BuildError(said))
  expect([code, message]).toEqual([
    "E_ENGINE",
    "That BuildKit gives its images to its own Docker engine alone",
  ])
  expect(hints.join()).toContain("`--builder docker` with DOCKER_HOST")
})
