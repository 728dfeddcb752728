/** By which program podman's containers reach this machine, from what podman says that it has. */
import { describe, expect, test } from "bun:test"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { bridgeAccess, loopbackAccess } from "../src/host-access.ts"
import { dockerInfo, podmanInfo } from "../src/info.ts"

interface Programs {
  readonly rootless: boolean
  readonly standard: string
  readonly installed: ReadonlyArray<string>
}

/** As `GET /libpod/info` of podman 5.4 has it. */
const said = ({ installed, rootless, standard }: Programs) => ({
  host: {
    arch: "amd64",
    os: "linux",
    cgroupManager: "systemd",
    hostname: "here",
    distribution: { distribution: "debian", version: "13" },
    rootlessNetworkCmd: standard,
    security: { rootless },
    // One that is not there has an empty entry.
    pasta: { executable: "", package: "", version: "" },
    ...Object.fromEntries(installed.map((name) => [name, { executable: `/usr/bin/${name}` }])),
  },
  version: { Version: "5.4.2" },
})

const inputs = (podmanVersion: string | null, programs: Programs | undefined) => ({
  endpoint: Effect.dieMessage("asked for its address"),
  info:
    programs === undefined
      ? Effect.dieMessage("asked for what it has")
      : Effect.succeed({
          apiVersion: "1.41",
          buildkit: false,
          ...podmanInfo(said(programs)),
        }),
  podmanVersion: Effect.succeed(podmanVersion),
  networkGateway: () => Effect.dieMessage("asked for a bridge"),
})

const accessOf = (podmanVersion: string, programs?: Programs) =>
  Effect.runSync(
    Effect.match(loopbackAccess(inputs(podmanVersion, programs)), {
      onSuccess: ({ networkMode }) => networkMode,
      onFailure: ({ code, hints, message }: Failure) => [code, message, ...hints].join("; "),
    }),
  )

const both = ["pasta", "slirp4netns"]
const pasta = "pasta:--map-gw,-a,10.0.2.15,-n,24,-g,10.0.2.2"
const slirp = "slirp4netns:allow_host_loopback=true"

describe("containers of podman reach this machine", () => {
  test("before version 5 by slirp4netns, without being asked what it has", () => {
    expect(accessOf("4.3.1")).toBe(slirp)
  })

  test.each([
    ["pasta", both, pasta],
    ["pasta", ["pasta"], pasta],
    ["pasta", ["slirp4netns"], slirp],
    ["slirp4netns", both, slirp],
  ])(
    "of a user's version 5 whose standard is %s, and that has %p, by %s",
    (standard, installed, mode) => {
      expect(accessOf("5.4.2", { rootless: true, standard, installed })).toBe(mode)
    },
  )

  test("of root's version 5 by slirp4netns, and where that is not there not at all", () => {
    expect(accessOf("5.4.2", { rootless: false, standard: "pasta", installed: both })).toBe(slirp)
    expect(accessOf("5.4.2", { rootless: false, standard: "pasta", installed: ["pasta"] })).toBe(
      "E_ENGINE; Podman 5.4.2 has no program by which its containers reach this machine; Install slirp4netns, or launch as a user who is not root: podman has pasta for those alone",
    )
  })

  test("in the same way where it stands in for Docker", () => {
    const programs = { rootless: true, standard: "pasta", installed: both }
    const access = Effect.runSync(bridgeAccess(inputs("5.4.2", programs)))
    expect(access.networkMode).toBe(pasta)
  })
})

test("podman says of itself what Docker says", () => {
  const ofPodman = podmanInfo(said({ rootless: true, standard: "pasta", installed: both }))
  const ofDocker = dockerInfo({
    OSType: "linux",
    Architecture: "x86_64",
    ServerVersion: "5.4.2",
    OperatingSystem: "debian",
    CgroupDriver: "systemd",
    Name: "here",
  })
  expect(ofPodman).toEqual({ ...ofDocker, rootless: true, userNetwork: "pasta" })
})
