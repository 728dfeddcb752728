/** What registries say through engines, as failures. */
import { describe, expect, test } from "bun:test"
import { failure } from "@relaunch/failure"
import { noImage, registryFailure, withHelper } from "../src/index.ts"

/** Podman 4.3 whose mirror has no such image, and whose way to the registry behind it is blocked. */
const throughMirror =
  'initializing source docker://none:1: (Mirrors also failed: [127.0.0.1:5000/library/none:1: reading manifest 1 in 127.0.0.1:5000/library/none: manifest unknown: manifest unknown]): docker.io/library/none:1: pinging container registry registry-1.docker.io: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host'

const anonymous = { login: undefined }

describe("a registry that", () => {
  test.each([
    ["has no such image", "manifest for none:1 not found: manifest unknown", "E_IMAGE_NOT_FOUND"],
    ["has none, behind one that is not reached", throughMirror, "E_IMAGE_NOT_FOUND"],
    ["is not reached", "dial tcp: lookup registry-1.docker.io: no such host", "E_NETWORK"],
    ["counts requests", "toomanyrequests: You have reached your limit", "E_NETWORK"],
    ["counts podman's requests", "pinging x: too many requests to registry", "E_NETWORK"],
    ["wants a login", "unauthorized: authentication required", "E_REGISTRY_AUTH"],
  ] as const)("%s", (_, message, code) => {
    expect(registryFailure("none:1", anonymous, message).code).toBe(code)
  })

  test("refuses, through an engine that says it may not exist, is believed unless it is Docker Hub", () => {
    const said = (image: string) =>
      `failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`
    const own = "127.0.0.1:5000/team/app:1"
    expect(registryFailure(own, anonymous, said(own)).code).toBe("E_REGISTRY_AUTH")
    const hub = "docker.io/team/app:1"
    expect(registryFailure(hub, anonymous, said(hub)).code).toBe("E_IMAGE_NOT_FOUND")
  })

  test("has no such image is told as an engine that has none, and a way out where a login may help", () => {
    const said = "manifest unknown"
    const login = { username: "ada", password: "secret", identityToken: "" }
    const [withoutLogin, withLogin] = [undefined, login].map((each) =>
      registryFailure("none:1", { login: each }, said),
    )
    expect(withoutLogin?.message).toBe(noImage("none:1").message)
    expect(withoutLogin?.hints).toEqual([
      "Check name and tag; if it is private, run `docker login docker.io` first",
    ])
    expect(withLogin?.hints).toEqual(noImage("none:1").hints)
    expect(noImage("none:1").hints).toEqual(["Check name and tag"])
  })

  test("has numbers in its own address is not taken at those", () => {
    const address = "127.0.0.1:33429"
    const message = `initializing image from source docker://${address}/team/app:1: error unmarshalling content`
    expect(registryFailure(`${address}/team/app:1`, anonymous, message).code).toBe("E_ENGINE")
    expect(registryFailure(`${address}/team/app:1`, anonymous, `${message}: 429`).code).toBe(
      "E_NETWORK",
    )
  })
})

describe("a credential helper that failed", () => {
  const what = "Credential helper `docker-credential-x` is not installed"
  const helperFailure = failure("E_REGISTRY_AUTH", what, { hints: ["Install it"] })
  const reason = what.replace("C", "c")

  test("is the reason of a registry that refuses, and may be that of one without the image", () => {
    const access = { login: undefined, helperFailure }
    const refused = registryFailure("r.example/a:1", access, "unauthorized: no")
    expect(refused.message).toBe(
      `Registry \`r.example\` does not give \`r.example/a:1\` to anonymous users; ${reason}`,
    )
    expect(refused.hints).toEqual(helperFailure.hints)
    const hub = registryFailure(
      "team/app:1",
      access,
      "pull access denied, repository does not exist",
    )
    expect([hub.code, hub.hints]).toEqual([
      "E_IMAGE_NOT_FOUND",
      [`Check name and tag; if it is private: ${reason}`],
    ])
    expect(registryFailure("r.example/a:1", access, "429 too many requests").code).toBe("E_NETWORK")
  })

  test("is that of a build at this registry's refusal, and not at what a command in it says", () => {
    const helpers = new Map([["r.example", helperFailure]])
    const codeOf = (message: string) => withHelper(failure("E_BUILD", message), helpers).code
    expect(codeOf("FROM r.example/a: 401 Unauthorized")).toBe("E_REGISTRY_AUTH")
    expect(codeOf("FROM s.example/a: 401 Unauthorized")).toBe("E_BUILD")
    expect(codeOf("FROM r.example/a: no space left on device")).toBe("E_BUILD")
    expect(codeOf("RUN get r.example denied: exit code: 1")).toBe("E_BUILD")
  })
})
