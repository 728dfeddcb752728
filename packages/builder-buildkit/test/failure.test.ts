/** What cannot be reached is told with the way out that there is. */
import { describe, expect, test } from "bun:test"
import { ConnectError } from "@buildkit-js/client"
import { buildkitFailure } from "../src/index.ts"

describe("a BuildKit that does not answer", () => {
  const hintOf = (address: string) =>
    buildkitFailure(new ConnectError({ address, reason: "x" })).hints.join()

  test("inside a Docker engine can be done without", () => {
    expect(hintOf("docker+unix:///var/run/docker.sock")).toContain("DOCKER_BUILDKIT=0")
    expect(hintOf("docker+tcp://host:2375")).toContain("DOCKER_BUILDKIT=0")
  })

  test("on its own must be started or named", () => {
    expect(hintOf("unix:///run/buildkit/buildkitd.sock")).toContain("BUILDKIT_HOST")
  })
})
