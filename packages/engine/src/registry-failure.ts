/** What registries say, as failures. */
import { type Failure, failure } from "@relaunch/failure"
import { type Access, registryOf } from "./credentials.ts"

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

const refusedLogin =
  /unauthorized|authentication required|no basic auth|denied|forbidden|incorrect username|\b40[13]\b/i

/** In a sentence that goes on. */
const reasonIn = ({ message }: Failure): string =>
  `${message.slice(0, 1).toLowerCase()}${message.slice(1)}`

const becauseOf = ({ cause, details, message }: Failure, helper: Failure): Failure =>
  failure("E_REGISTRY_AUTH", `${message}; ${reasonIn(helper)}`, {
    hints: helper.hints,
    details: { ...details, ...helper.details },
    cause,
  })

/** Of a command in a step, which may speak of registries itself. */
const isOfCommand = /exit code|exit status|non-zero code|while running runtime/i

/**
 * What a builder failed with. Where that is a registry's refusal, and a credential helper gave no login for it,
 * `E_REGISTRY_AUTH` with the helper's reason. `helpers`: failures of helpers by registry.
 */
export const withHelper = (failed: Failure, helpers: ReadonlyMap<string, Failure>): Failure => {
  const said = `${failed.message} ${String(failed.details["message"] ?? "")}`
  const [, helper] = [...helpers].find(([registry]) => said.includes(registry)) ?? []
  return helper === undefined || !refusedLogin.test(said) || isOfCommand.test(said)
    ? failed
    : becauseOf(failed, helper)
}

/** What a registry said through the engine, in words that name the way out. */
export const registryFailure = (
  reference: string,
  { helperFailure, login }: Access,
  message: string,
  cause?: unknown,
): Failure => {
  const registry = registryOf(reference)
  const details = { image: reference, registry, message }
  // Ports and names hold numbers that mean nothing here.
  const said = message.replaceAll(reference, "").replaceAll(registry, "")
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
    const isPrivate =
      helperFailure === undefined
        ? `, run \`docker login ${registry}\` first`
        : `: ${reasonIn(helperFailure)}`
    const more = login === undefined ? `; if it is private${isPrivate}` : ""
    return noImage(reference, { cause, details, more })
  }
  if (refusedLogin.test(said)) {
    const refused = failure(
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
    return helperFailure === undefined ? refused : becauseOf(refused, helperFailure)
  }
  return failure("E_ENGINE", `\`${reference}\` could not be pulled: ${message}`, {
    hints: [`Check that \`${registry}\` is a registry, and the image's name`],
    details,
    cause,
  })
}
