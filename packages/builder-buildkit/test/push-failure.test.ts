/** Pushes that failed, from what buildkitd 0.13.2 and 0.34.2 said. */
import { describe, expect, test } from "bun:test"
import { pushFailure } from "../src/push-failure.ts"

const image = "127.0.0.1:5000/team/train:1644a5bf2aac2373"
const post =
  "unexpected status from POST request to http://127.0.0.1:5000/v2/team/train/blobs/uploads/?mount=sha256:4f4f&from=team/x: "

describe("a push that", () => {
  test.each([
    ["is refused (0.13)", `${post}401 Unauthorized`, "E_REGISTRY_AUTH", "401 Unauthorized"],
    ["is refused (0.34)", "unauthorized: not you", "E_REGISTRY_AUTH", "unauthorized: not you"],
    ["is denied (0.13)", `${post}403 Forbidden`, "E_REGISTRY_AUTH", "403 Forbidden"],
    ["is denied (0.34)", "denied: not you", "E_REGISTRY_AUTH", "denied: not you"],
    [
      "is one too many (0.13)",
      `${post}429 Too Many Requests`,
      "E_NETWORK",
      "429 Too Many Requests",
    ],
    ["is one too many (0.34)", "toomanyrequests: wait", "E_NETWORK", "toomanyrequests: wait"],
    [
      "meets a fault (0.13)",
      `${post}500 Internal Server Error`,
      "E_NETWORK",
      "500 Internal Server Error",
    ],
    ["meets a fault (0.34)", "unknown: a fault", "E_NETWORK", "unknown: a fault"],
    [
      "is cut",
      'failed commit on ref "layer-sha256:5b6b": failed to do request: Put "http://127.0.0.1:5000/v2/team/train/blobs/uploads/ed58?_state=aI3z%3D&digest=sha256%3A5b6b": EOF',
      "E_NETWORK",
      "EOF",
    ],
    [
      "is not understood",
      "manifest invalid: no such layer",
      "E_BUILD",
      "manifest invalid: no such layer",
    ],
  ] as const)("%s", (_, said, code, message) => {
    const failed = pushFailure(`failed to push ${image}: ${said}`, undefined)
    expect(failed?.code).toBe(code)
    expect(failed?.details).toEqual({ image, registry: "127.0.0.1:5000", message })
    expect(failed?.message).toContain(`\`${image}\``)
  })

  test("did not happen is none", () => {
    expect(pushFailure("process did not complete successfully: exit code: 1", undefined)).toBe(
      undefined,
    )
  })
})
