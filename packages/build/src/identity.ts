/** What an image is made from, boiled down to its tag: equal input, equal tag; any change, another. */
import { createHash } from "node:crypto"

export interface ImageInputs {
  readonly dockerfile: string
  /** `BuildContext.digest` */
  readonly contextDigest: string
  /** Base images in the order of the Dockerfile, with what pins each. */
  readonly bases: ReadonlyArray<{ readonly image: string; readonly digest: string }>
  readonly platform: string
  readonly buildArguments: Readonly<Record<string, string>>
}

const sorted = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

/** Hex sha256. The leading word changes when the meaning of an input does. */
export const imageIdentity = (inputs: ImageInputs): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        "relaunch-image-1",
        inputs.dockerfile,
        inputs.contextDigest,
        inputs.bases.map(({ digest, image }) => [image, digest]),
        inputs.platform,
        sorted(inputs.buildArguments),
      ]),
    )
    .digest("hex")

/** The label that carries the whole identity; a tag alone is short and can be moved by hand. */
export const identityLabel = "dev.relaunch.identity"

/** `relaunch/<name>:<first 16 hex>`; `name` must be safe for an image. */
export const imageTag = (name: string, identity: string): string =>
  `relaunch/${name}:${identity.slice(0, 16)}`
