/** Resource arguments: an allow-list, each value in the engine's own unit or refused by name. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { allowedResources, containerFields, gpuRequest } from "../src/resources.ts"

const hostValues: ReadonlyArray<readonly [string, unknown, Readonly<Record<string, unknown>>]> = [
  ["memory", "512m", { Memory: 536_870_912 }],
  ["memory", "2g", { Memory: 2_147_483_648 }],
  ["memory", "1.5GiB", { Memory: 1_610_612_736 }],
  ["memory", "100kb", { Memory: 102_400 }],
  ["memory", 1048576, { Memory: 1_048_576 }],
  ["m", "64M", { Memory: 67_108_864 }],
  ["memory-reservation", "32m", { MemoryReservation: 33_554_432 }],
  ["memory-swap", "-1", { MemorySwap: -1 }],
  ["shm-size", "64m", { ShmSize: 67_108_864 }],
  ["cpus", 1.5, { NanoCpus: 1_500_000_000 }],
  ["cpus", "0.25", { NanoCpus: 250_000_000 }],
  ["cpu-shares", 512, { CpuShares: 512 }],
  ["cpu-quota", "50000", { CpuQuota: 50_000 }],
  ["cpu-period", 100000, { CpuPeriod: 100_000 }],
  ["cpuset-cpus", "0", { CpusetCpus: "0" }],
  ["cpuset-cpus", 0, { CpusetCpus: "0" }],
  ["cpuset-mems", "0", { CpusetMems: "0" }],
  ["pids-limit", 100, { PidsLimit: 100 }],
  ["ulimit", "nofile=1024:2048", { Ulimits: [{ Name: "nofile", Soft: 1024, Hard: 2048 }] }],
  ["ulimit", ["core=0"], { Ulimits: [{ Name: "core", Soft: 0, Hard: 0 }] }],
]

describe("a resource argument", () => {
  for (const [option, value, wanted] of hostValues) {
    effect(`${option}=${JSON.stringify(value)} is ${JSON.stringify(wanted)}`, () =>
      Effect.gen(function* () {
        expect((yield* containerFields({ [option]: value })).hostConfig).toEqual(wanted)
      }),
    )
  }

  effect("may set variables, the working directory, a name, a platform, GPUs", () =>
    Effect.gen(function* () {
      expect(
        yield* containerFields({
          env: ["A=1", "B=b=c"],
          e: "C=",
          w: "/tmp",
          name: "mine",
          platform: "linux/arm64",
          gpus: "all",
        }),
      ).toEqual({
        config: { WorkingDir: "/tmp" },
        hostConfig: {},
        environment: { A: "1", B: "b=c", C: "" },
        name: "mine",
        platform: "linux/arm64",
        gpus: "all",
      })
    }),
  )

  for (const [option, value, message] of [
    ["memory", "lots", 'Resource argument `memory` is `"lots"`, not a size such as `512m` or `2g`'],
    ["memory", {}, "Resource argument `memory` is `{}`, not a size such as `512m` or `2g`"],
    ["cpus", true, "Resource argument `cpus` is `true`, not a number"],
    ["cpus", "", 'Resource argument `cpus` is `""`, not a number'],
    ["cpus", "1e999", 'Resource argument `cpus` is `"1e999"`, not a number'],
    ["cpuset-cpus", ["0"], 'Resource argument `cpuset-cpus` is `["0"]`, not a text'],
    [
      "ulimit",
      "nofile",
      'Resource argument `ulimit` is `"nofile"`, not of the form `nofile=1024:2048`',
    ],
    ["env", "=x", 'Resource argument `env` is `"=x"`, not of the form `NAME=value`'],
    ["env", ["A"], 'Resource argument `env` is `"A"`, not of the form `NAME=value`'],
  ] as const) {
    effect(`${option}=${JSON.stringify(value)} is refused`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(containerFields({ [option]: value }))
        expect([failed.code, failed.message]).toEqual(["E_CONFIG", message])
        expect(failed.hints).not.toEqual([])
      }),
    )
  }

  for (const option of [
    ...[
      "volume",
      "v",
      "mount",
      "privileged",
      "cap-add",
      "security-opt",
      "device",
      "network",
      "net",
    ],
    ...["pid", "ipc", "uts", "userns", "cgroupns", "cgroup-parent", "user", "u", "volumes-from"],
    ...[
      "device-cgroup-rule",
      "sysctl",
      "add-host",
      "publish",
      "p",
      "entrypoint",
      "runtime",
      "label",
    ],
    ...["Memory", "HostConfig", "__proto__", "constructor", "toString", "", "--memory", "memory "],
  ]) {
    effect(`\`${option}\` is not allowed`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(
          containerFields(JSON.parse(`{${JSON.stringify(option)}: "1"}`)),
        )
        expect([failed.code, failed.message]).toEqual([
          "E_FORBIDDEN_OPTION",
          `Resource argument \`${option}\` is not allowed for containers`,
        ])
        expect(failed.hints.join()).toContain(allowedResources.join(", "))
      }),
    )
  }
})

describe("`--gpus`", () => {
  for (const [gpus, wanted] of [
    ["all", { Count: -1 }],
    ["2", { Count: 2 }],
    ["device=0,1", { DeviceIDs: ["0", "1"] }],
    ['"device=GPU-abc"', { DeviceIDs: ["GPU-abc"] }],
  ] as const) {
    effect(`${gpus} asks the engine for them`, () =>
      Effect.gen(function* () {
        expect(yield* gpuRequest(gpus)).toEqual({ ...wanted, Capabilities: [["gpu"]] })
      }),
    )
  }

  for (const gpus of ["", "some", "-1", "device=", "0,1", "all,capabilities=x"]) {
    effect(`${JSON.stringify(gpus)} is refused`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(gpuRequest(gpus))
        expect(failed.code).toBe("E_CONFIG")
      }),
    )
  }
})
