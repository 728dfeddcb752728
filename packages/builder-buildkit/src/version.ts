/** What daemons can do, by the version that they name (moby/buildkit, release notes). */

/** Whether it is 0.`least` or newer; one built without a version says 0.0.0, those before 0.11 say nothing. */
const isFrom = (least: number, version: string | undefined): boolean => {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)\./.exec(version ?? "") ?? []
  return version !== undefined && (Number(major) > 0 || minor === "0" || Number(minor) >= least)
}

/** Times of files in layers. */
export const rewritesTimestamps = (version: string | undefined): boolean => isFrom(13, version)

/** An image into a folder of the client's, from where the client may leave out what it has. */
export const exportsToFolders = (version: string | undefined): boolean => isFrom(11, version)
