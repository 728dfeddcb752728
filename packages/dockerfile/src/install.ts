/** The instructions that install dependencies, and the secrets that those may read while they run. */
import { jsonWords } from "./text.ts"

export interface InstallOptions {
  /** The builder has `RUN --mount=type=cache`. */
  readonly cacheMounts: boolean
  /** Names of secrets that the installation may read from its environment. */
  readonly secrets: ReadonlyArray<string>
}

export interface Instruction {
  /** One instruction, one line. */
  readonly text: string
  readonly reason: string
}

/**
 * Variables by which pip and uv take indexes and logins, from their documentation ("Configuration" of
 * pip, "Environment variables" of uv).
 */
const installerVariable =
  /^(?:PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS)|UV_(?:DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|INDEX_[A-Z0-9_]+_(?:USERNAME|PASSWORD)))$/

/** Which of the launch's secrets an installation reads: those of the installers, those its files name. */
export const installSecrets = (
  given: ReadonlyArray<string>,
  named: ReadonlyArray<string>,
): ReadonlyArray<string> =>
  given.filter((name) => installerVariable.test(name) || named.includes(name)).sort()

/** uv reads other variables than pip for the same. */
const sameForUv: Readonly<Record<string, string>> = {
  PIP_INDEX_URL: "UV_INDEX_URL",
  PIP_EXTRA_INDEX_URL: "UV_EXTRA_INDEX_URL",
  PIP_FIND_LINKS: "UV_FIND_LINKS",
}

/**
 * Programs start without compiling what they import, which a user who may not write there would do each
 * time. pip compiles by itself, uv when told. By the sources' hashes, not their times: a build with
 * SOURCE_DATE_EPOCH sets other times, and two builds give the same bytes ("py_compile" of Python's library
 * reference, `PycInvalidationMode`; "Environment variables" of uv).
 */
const compiled = ["env", "PYC_INVALIDATION_MODE=CHECKED_HASH"]

/** pip and uv share their caches safely; a locked cache can wait for ever on podman. */
const cacheMount = "--mount=type=cache,target=/root/.cache "

/** A secret is a file for the time of one RUN; no layer and no cache key has it. */
const withSecrets = (
  words: ReadonlyArray<string>,
  secrets: ReadonlyArray<string>,
): readonly [mounts: string, words: ReadonlyArray<string>] => {
  if (secrets.length === 0) return ["", words]
  const exports = secrets.flatMap((name) =>
    [name, sameForUv[name]].flatMap((variable) =>
      variable === undefined ? [] : [`export ${variable}="$(cat /run/secrets/${name})"`],
    ),
  )
  return [
    secrets.map((name) => `--mount=type=secret,id=${name},required=true `).join(""),
    ["/bin/sh", "-c", `${exports.join("; ")}; exec "$0" "$@"`, ...words],
  ]
}

export const run = (words: ReadonlyArray<string>, mounts = ""): string =>
  `RUN ${mounts}${jsonWords(words)}`

const step = (
  words: ReadonlyArray<string>,
  mount: string,
  secrets: ReadonlyArray<string>,
): string => {
  const [mounts, all] = withSecrets(words, secrets)
  return run(all, `${mount}${mounts}`)
}

/** The installer's words for a list of requirements or files. */
export const install = (
  what: ReadonlyArray<string>,
  { cacheMounts, secrets }: InstallOptions,
  extraIndex: boolean,
): ReadonlyArray<Instruction> => {
  const reader = secrets.length === 0 ? "" : `; it reads ${secrets.join(", ")} as a secret`
  if (!cacheMounts) {
    const words = ["python", "-m", "pip", "install", "--no-cache-dir", ...what]
    return [
      {
        text: step(words, "", secrets),
        reason: `dependencies in a layer of their own, before the code; this builder has no cache mounts${reader}`,
      },
    ]
  }
  const severalIndexes =
    extraIndex || secrets.some((name) => /EXTRA_INDEX_URL$|^UV_INDEX$/.test(name))
  return [
    {
      text: step(["python", "-m", "pip", "install", "uv"], cacheMount, secrets),
      reason: "uv installs many times faster than pip",
    },
    {
      text: step(
        [
          ...[
            ...compiled,
            "python",
            "-m",
            "uv",
            "pip",
            "install",
            "--system",
            "--compile-bytecode",
          ],
          "--link-mode=copy",
          // pip looks at all indexes alike; a file that names more than one expects that.
          ...(severalIndexes ? ["--index-strategy=unsafe-best-match"] : []),
          ...what,
        ],
        cacheMount,
        secrets,
      ),
      reason: `dependencies in a layer of their own, before the code; wheels come from the builder's cache; compiled, so that programs start at once${reader}`,
    },
  ]
}
