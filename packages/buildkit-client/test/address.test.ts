/** Addresses as people write them. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type Address, addressText, parseAddress } from "../src/index.ts"

describe("an address", () => {
  const command = (...words: ReadonlyArray<string>): Address => ({
    kind: "command",
    command: words,
  })
  const dial = ["buildctl", "dial-stdio"]
  const ssh = ["ssh", "-T", "-o", "BatchMode=yes"]
  const good: ReadonlyArray<readonly [string, Address]> = [
    ["unix:///run/buildkit/buildkitd.sock", { kind: "unix", path: "/run/buildkit/buildkitd.sock" }],
    ["unix:///with%20blank/s", { kind: "unix", path: "/with blank/s" }],
    ["tcp://10.0.0.1:5000", { kind: "tcp", host: "10.0.0.1", port: 5000 }],
    ["tcp://host", { kind: "tcp", host: "host", port: 1234 }],
    ["tcp://[::1]:80", { kind: "tcp", host: "::1", port: 80 }],
    ["docker-container://Bk", command("docker", "exec", "-i", "Bk", ...dial)],
    [
      "docker-container://bk?context=remote",
      command("docker", "--context=remote", "exec", "-i", "bk", ...dial),
    ],
    ["podman-container://bk_1", command("podman", "exec", "-i", "bk_1", ...dial)],
    [
      "podman-container://bk?connection=c",
      command("podman", "--connection=c", "exec", "-i", "bk", ...dial),
    ],
    [
      "nerdctl-container://bk?namespace=n",
      command("nerdctl", "--namespace=n", "exec", "-i", "bk", ...dial),
    ],
    ["nerdctl-container://bk", command("nerdctl", "exec", "-i", "bk", ...dial)],
    ["docker-container://bk?context=", command("docker", "exec", "-i", "bk", ...dial)],
    ["kube-pod://pod", command("kubectl", "exec", "--stdin", "pod", "--", ...dial)],
    [
      "kube-pod://pod?namespace=ns&context=c&container=bk",
      command(
        ...["kubectl", "--context=c", "--namespace=ns", "exec", "--stdin", "--container=bk", "pod"],
        ...["--", ...dial],
      ),
    ],
    ["ssh://me@host:2222", command(...ssh, "-l", "me", "-p", "2222", "--", "host", ...dial)],
    [
      "ssh://host/run/b%20k.sock",
      command(...ssh, "--", "host", "buildctl", "--addr", "'unix:///run/b k.sock'", "dial-stdio"),
    ],
    [
      "docker+unix:///var/run/docker.sock",
      { kind: "dockerd", engine: { kind: "unix", path: "/var/run/docker.sock" } },
    ],
    [
      "docker+ssh://me@host:22",
      {
        kind: "dockerd",
        engine: {
          kind: "command",
          command: [
            ...[...ssh, "-l", "me", "-p", "22", "--", "host"],
            ...["docker", "system", "dial-stdio"],
          ],
        },
      },
    ],
    [
      "docker+ssh://host/run/user/1/docker.sock",
      {
        kind: "dockerd",
        engine: {
          kind: "command",
          command: [
            ...[...ssh, "--", "host", "docker", "--host", "'unix:///run/user/1/docker.sock'"],
            ...["system", "dial-stdio"],
          ],
        },
      },
    ],
    ["ssh://[fe80::1]:22", command(...ssh, "-p", "22", "--", "fe80::1", ...dial)],
    ["ssh://host", command(...ssh, "--", "host", ...dial)],
    [
      "ssh://host/it's",
      command(...ssh, "--", "host", "buildctl", "--addr", "'unix:///it'\\''s'", "dial-stdio"),
    ],
    ["docker+tcp://[::1]", { kind: "dockerd", engine: { kind: "tcp", host: "::1", port: 2375 } }],
    ["docker+tcp://host", { kind: "dockerd", engine: { kind: "tcp", host: "host", port: 2375 } }],
  ]
  for (const [text, address] of good) {
    effect(`${text} is read`, () =>
      Effect.map(parseAddress(text), (parsed) => expect(parsed).toEqual(address)),
    )
  }

  const bad = [
    "",
    "/run/buildkitd.sock",
    "http://host",
    "unix://",
    "unix://relative",
    "tcp://",
    "tcp://host:99999",
    "docker-container://",
    "docker-container://--privileged",
    "podman-container://",
    "podman-container://-v",
    "nerdctl-container://--privileged",
    "nerdctl-container://",
    "kube-pod://",
    "docker+unix://relative",
    "docker+tcp://",
    "docker+ssh://",
    "docker+ssh://-oProxyCommand=x",
    "docker+http://host",
    "docker+docker+unix:///a",
    "ssh://-l@host",
    "ssh://",
    "unix:///%zz",
    "kube-pod://-it",
    "ssh://-oProxyCommand=x",
    "ssh://[x]",
    "ssh://host?identity=x",
    "ssh://host#x",
    "tcp://host:1/path",
    "tcp://me@host:1",
    "unix:///a?b=c",
    "docker-container://bk/path",
    "docker-container://bk?namespace=x",
    "podman-container://bk?context=x",
    "kube-pod://pod?kubeconfig=x",
    "__proto__://x",
  ]
  for (const text of bad) {
    effect(`\`${text}\` is refused with itself`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(parseAddress(text))
        expect(error._tag).toBe("AddressError")
        expect(error.message).toStartWith(`\`${text}\` is not a BuildKit address: `)
      }),
    )
  }

  effect("with a password is refused without telling it", () =>
    Effect.gen(function* () {
      for (const scheme of ["ssh", "docker+ssh", "tcp", "http", "docker-container"]) {
        const address = `${scheme}://me:se@c:ret@host:1/path`
        const { message } = yield* Effect.flip(parseAddress(address))
        expect(message).toStartWith(`\`${scheme}://me:***@host:1/path\` is not a BuildKit address`)
      }
    }),
  )

  effect("is told as it was written", () =>
    Effect.gen(function* () {
      for (const text of [
        "unix:///a/b",
        "tcp://[::1]:80",
        "docker+unix:///a",
        "docker+tcp://h:1",
      ]) {
        expect(addressText(yield* parseAddress(text))).toBe(text)
      }
    }),
  )
})
