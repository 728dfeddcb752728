/** What a registry said when an image was pushed there, in words that name the way out. */
import { registryOf } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"

const push = /^failed to push (\S+): (.+)$/s

/** Addresses of uploads are of no use to a person, and hold what lets others go on with them. */
const withoutRequests = (said: string): string =>
  said
    .replace(/failed commit on ref "[^"]*": |failed to do request: |unexpected status from /g, "")
    .replace(/\b[A-Z][A-Za-z]+ (?:request to )?"?https?:\/\/\S+?"?: /g, "")
    .replace(/"?https?:\/\/[^\s"]+"?/g, "an address of its own")
    .trim()
    .replace(/\s*\n\s*/g, "; ")

const isRefused = /unauthorized|denied|forbidden|authorization failed|no basic auth|\b40[13]\b/i

/** `unknown` is how registries call a fault of their own. */
const isPassing =
  /too ?many ?requests|\b429\b|\b5\d\d\b|^unknown\b|EOF|broken pipe|reset by peer|timeout|timed out|connection refused|closed network|no such host|unavailable/i

/** Undefined of a build that failed at something else. */
export const pushFailure = (reason: string, cause: unknown): Failure | undefined => {
  const [, image = "", said = ""] = push.exec(reason) ?? []
  if (image === "") return undefined
  const registry = registryOf(image)
  const message = withoutRequests(said)
  const details = { image, registry, message }
  // Names and ports hold numbers that mean nothing here.
  const words = message.replaceAll(image, "").replaceAll(registry, "")
  if (isRefused.test(words)) {
    return failure(
      "E_REGISTRY_AUTH",
      `Registry \`${registry}\` does not take \`${image}\`: ${message}`,
      {
        hints: [
          `Run \`docker login ${registry}\` as a user who may push there, or check \`destination\` of the builder`,
        ],
        details,
        cause,
      },
    )
  }
  if (isPassing.test(words)) {
    return failure(
      "E_NETWORK",
      `Registry \`${registry}\` could not take \`${image}\`: ${message}`,
      {
        hints: ["Try again in a moment; check the registry's name and your network"],
        details,
        cause,
      },
    )
  }
  return failure("E_BUILD", `\`${image}\` could not be pushed: ${message}`, {
    hints: ["Check `destination` of the builder, and that its registry takes such images"],
    details,
    cause,
  })
}
