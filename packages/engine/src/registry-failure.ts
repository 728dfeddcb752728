/** What registries say, as failures. */
import { type Failure, failure } from "@relaunch/failure"
import { type Login, registryOf } from "./credentials.ts"

/** `E_IMAGE_NOT_FOUND`: neither the engine nor a registry has it. `more` goes on with the hint, `""` by default. */
export const noImage = (
  reference: string,
  {
    cause,
    details = { image: reference },
    more = "",
  }: {
    readonly cause?: unknown
    readonly details?: Readonly<Record<string, unknown>>
    readonly more?: string
  } = {},
): Failure =>
  failure("E_IMAGE_NOT_FOUND", `There is no image \`${reference}\``, {
    hints: [`Check name and tag${more}`],
    details,
    cause,
  })

/** What a registry said through the engine, in words that name the way out. */
export const registryFailure = (
  reference: string,
  login: Login | undefined,
  message: string,
  cause?: unknown,
): Failure => {
  const registry = registryOf(reference)
  const details = { image: reference, registry, message }
  // Ports and names hold numbers that mean nothing here.
  const said = message.replaceAll(reference, "").replaceAll(registry, "")
  const refusedLogin =
    /unauthorized|authentication required|no basic auth|denied|forbidden|incorrect username|\b40[13]\b/i
  if (
    /too ?many ?requests|\b429\b|\b5\d\d |timeout|timed out|connection refused|no such host|reset by peer|EOF|layer verification failed|digest did not match|unexpected commit digest/i.test(
      said,
    ) &&
    // A mirror's answer counts, even where the registry behind it does not answer.
    !/not found|manifest unknown/i.test(said)
  ) {
    return failure(
      "E_NETWORK",
      `Registry \`${registry}\` could not serve \`${reference}\`: ${message}`,
      {
        hints: ["Try again in a moment; check the registry's name and your network"],
        details,
        cause,
      },
    )
  }
  // Docker Hub denies what does not exist; other registries mean it, also where the engine offers both.
  const isDenied = registry !== "docker.io" && /\bdenied[:,] /.test(said)
  if (
    /manifest unknown|not found|no such image|does not exist/i.test(said) &&
    !/unauthorized|authentication/i.test(said) &&
    !isDenied
  ) {
    const more =
      login === undefined ? `; if it is private, run \`docker login ${registry}\` first` : ""
    return noImage(reference, { cause, details, more })
  }
  if (refusedLogin.test(said)) {
    return failure(
      "E_REGISTRY_AUTH",
      `Registry \`${registry}\` does not give \`${reference}\` to ${login === undefined ? "anonymous users" : `user \`${login.username || "of the stored token"}\``}`,
      {
        hints: [
          `Run \`docker login ${registry}\`${login === undefined ? "" : " again; the stored login is not accepted"}, or check the image's name`,
        ],
        details,
        cause,
      },
    )
  }
  return failure("E_ENGINE", `\`${reference}\` could not be pulled: ${message}`, {
    hints: [`Check that \`${registry}\` is a registry, and the image's name`],
    details,
    cause,
  })
}
