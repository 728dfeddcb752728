/** A Python base image in an engine: already there, pulled, or made from Debian's packages. */
import * as Effect from "effect/Effect"
import { call, callWithProgress, type EngineApi, hasImage, splitReference } from "./api.ts"
import { type Problem, problem, say } from "./problem.ts"
import { debianRootfs } from "./rootfs.ts"

/** Which Debian has which Python. */
const suites: Readonly<Record<string, string>> = { "3.13": "trixie", "3.11": "bookworm" }

const bundle = "/etc/ssl/certs/ca-certificates.crt"

/** pip, uv, requests, git, curl and node all read the certificates that the host trusts. */
const trust = [
  "SSL_CERT_FILE",
  "PIP_CERT",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "NODE_EXTRA_CA_CERTS",
].map((name) => `ENV ${name}=${bundle}`)

const imageConfig = (python: string): ReadonlyArray<string> => [
  "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
  "ENV LANG=C.UTF-8",
  `ENV PYTHON_VERSION=${python}`,
  ...trust,
  "ENV UV_SYSTEM_CERTS=1",
  'CMD ["python3"]',
]

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" }

const suiteOf = (reference: string): { python: string; suite: string } | undefined => {
  const [, python = ""] = /^(?:docker\.io\/)?(?:library\/)?python:(\d+\.\d+)/.exec(reference) ?? []
  const suite = suites[python]
  return suite === undefined ? undefined : { python, suite }
}

const makeFromDebian = (api: EngineApi, reference: string): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const known = suiteOf(reference)
    if (known === undefined) {
      return yield* problem(
        `Docker Hub does not answer, and \`${reference}\` cannot be made from Debian's packages`,
        `Choose python:3.13-slim or python:3.11-slim, or pull \`${reference}\` some other way`,
      )
    }
    const tar = yield* debianRootfs(known.suite)
    yield* say(`Importing \`${reference}\` from \`${tar}\``)
    const { name, tag } = splitReference(reference)
    const query = new URLSearchParams({
      fromSrc: "-",
      repo: name,
      tag,
      platform: `linux/${architectures[process.arch] ?? process.arch}`,
    })
    for (const change of imageConfig(known.python)) query.append("changes", change)
    yield* callWithProgress(api, `/images/create?${query}`, {
      headers: { "content-type": "application/x-tar" },
      body: Bun.file(tar),
    })
  })

/** Asks for the manifest alone, so that a registry out of reach costs seconds and no more. */
const canPull = (api: EngineApi, reference: string): Effect.Effect<boolean> =>
  call(api, `/distribution/${reference}/json`).pipe(
    Effect.timeout("20 seconds"),
    Effect.as(true),
    Effect.orElseSucceed(() => false),
  )

const pull = (api: EngineApi, reference: string): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    if (!(yield* canPull(api, reference))) return false
    yield* say(`Pulling \`${reference}\``)
    const { name, tag } = splitReference(reference)
    const query = new URLSearchParams({ fromImage: name, tag })
    yield* callWithProgress(api, `/images/create?${query}`).pipe(Effect.timeout("10 minutes"))
    return yield* hasImage(api, reference)
  }).pipe(
    Effect.catchAll((error) =>
      Effect.as(say(`Could not pull \`${reference}\`: ${error.message}`), false),
    ),
  )

export const ensureBaseImage = (
  api: EngineApi,
  reference: string,
): Effect.Effect<"present" | "pulled" | "made", Problem> =>
  Effect.gen(function* () {
    if (yield* hasImage(api, reference)) {
      yield* say(`The base image \`${reference}\` is there`)
      return "present" as const
    }
    if (yield* pull(api, reference)) return "pulled" as const
    yield* makeFromDebian(api, reference)
    return "made" as const
  })
