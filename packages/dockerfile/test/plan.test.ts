/** The Dockerfile that is made when there is none, word for word. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { planImage, printDockerfile } from "../src/index.ts"
import { inspected } from "./project.ts"

const planned = (
  files: Readonly<Record<string, string>>,
  more: {
    readonly baseImage?: string
    readonly cacheMounts?: boolean
    readonly secretMounts?: boolean
    readonly secrets?: ReadonlyArray<string>
  } = {},
) =>
  Effect.flatMap(inspected(files), (facts) =>
    planImage(facts, {
      entryPoint: ["python", "main.py"],
      baseImage: more.baseImage,
      cacheMounts: more.cacheMounts ?? false,
      secretMounts: more.secretMounts ?? true,
      secrets: more.secrets ?? [],
    }),
  )

/** What comes after the user and the working directory, which are the same for all. */
const steps = (...args: Parameters<typeof planned>) =>
  Effect.map(planned(...args), (plan) =>
    printDockerfile(plan)
      .replace(/^[\s\S]*WORKDIR \S+\n/, "")
      .replace(/ENV HOME[\s\S]*?ENTRYPOINT.*\n/, "--\n"),
  )

describe("the default Dockerfile", () => {
  effect("of a project with requirements", () =>
    Effect.gen(function* () {
      const plan = yield* planned({ "requirements.txt": "numpy\n" })
      expect(printDockerfile(plan)).toMatchInlineSnapshot(`
        "FROM python:3.13-slim
        ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
        RUN ["/bin/sh", "-c", "getent passwd 1000 >/dev/null || useradd --uid 1000 --home-dir /home/launch --shell /bin/sh launch || adduser -D -u 1000 -h /home/launch launch; mkdir -p /home/launch/src && chown -R 1000 /home/launch"]
        WORKDIR /home/launch/src
        COPY ["requirements.txt", "./"]
        RUN ["python", "-m", "pip", "install", "--no-cache-dir", "-r", "requirements.txt"]
        ENV HOME=/home/launch
        USER 1000
        ENTRYPOINT ["python", "main.py"]
        COPY --chown=1000 [".", "./"]
        "
      `)
      expect(plan.base).toBe("python:3.13-slim")
      expect(
        plan.instructions.every(({ reason, text }) => reason !== "" && !text.includes("\n")),
      ).toBe(true)
    }),
  )

  effect("of a project with nothing", () =>
    Effect.gen(function* () {
      expect(yield* steps({})).toMatchInlineSnapshot(`
        "--
        COPY --chown=1000 [".", "./"]
        "
      `)
    }),
  )

  effect("with cache mounts uses uv", () =>
    Effect.gen(function* () {
      expect(
        yield* steps({ "requirements.txt": "numpy\n" }, { cacheMounts: true }),
      ).toMatchInlineSnapshot(`
        "COPY ["requirements.txt", "./"]
        RUN --mount=type=cache,target=/root/.cache ["python", "-m", "pip", "install", "uv"]
        RUN --mount=type=cache,target=/root/.cache ["env", "PYC_INVALIDATION_MODE=CHECKED_HASH", "python", "-m", "uv", "pip", "install", "--system", "--compile-bytecode", "--link-mode=copy", "-r", "requirements.txt"]
        --
        COPY --chown=1000 [".", "./"]
        "
      `)
    }),
  )

  effect("with cache mounts and a further index looks at all indexes, as pip does", () =>
    Effect.gen(function* () {
      expect(
        yield* steps(
          { "requirements.txt": "--extra-index-url https://host.example/simple\nnumpy\n" },
          { cacheMounts: true },
        ),
      ).toContain('"--index-strategy=unsafe-best-match"')
    }),
  )

  effect("copies what the requirements include and constrain", () =>
    Effect.gen(function* () {
      expect(
        yield* steps({
          "requirements.txt": "-r req/base.txt\n-c constraints.txt\n",
          "req/base.txt": "numpy\n",
          "constraints.txt": "numpy<3\n",
        }),
      ).toMatchInlineSnapshot(`
        "COPY ["requirements.txt", "./"]
        COPY ["req/base.txt", "./req/"]
        COPY ["constraints.txt", "./"]
        RUN ["python", "-m", "pip", "install", "--no-cache-dir", "-r", "requirements.txt"]
        --
        COPY --chown=1000 [".", "./"]
        "
      `)
    }),
  )

  effect("copies the code first when the installation needs it", () =>
    Effect.gen(function* () {
      expect(yield* steps({ "requirements.txt": "-e .[train]\n" })).toMatchInlineSnapshot(`
        "COPY --chown=1000 [".", "./"]
        RUN ["python", "-m", "pip", "install", "--no-cache-dir", "-r", "requirements.txt"]
        --
        "
      `)
      expect(yield* steps({ "requirements.txt": "-r a$b.txt", "a$b.txt": "numpy" })).toStartWith(
        "COPY --chown",
      )
    }),
  )

  effect("installs git for a dependency of version control", () =>
    Effect.gen(function* () {
      expect(
        yield* steps({ "requirements.txt": "git+https://host.example/x.git\n" }),
      ).toMatchInlineSnapshot(`
        "RUN ["/bin/sh", "-c", "command -v git >/dev/null || (apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*)"]
        COPY ["requirements.txt", "./"]
        RUN ["python", "-m", "pip", "install", "--no-cache-dir", "-r", "requirements.txt"]
        --
        COPY --chown=1000 [".", "./"]
        "
      `)
    }),
  )

  effect("leaves hashes to the installer", () =>
    Effect.gen(function* () {
      const hashed = yield* steps({ "requirements.txt": "six==1.16.0 --hash=sha256:aa\n" })
      expect(hashed).toBe(yield* steps({ "requirements.txt": "six\n" }))
    }),
  )

  effect("of a project with pyproject.toml", () =>
    Effect.gen(function* () {
      const pyproject =
        '[project]\nrequires-python = ">=3.11,<3.13"\ndependencies = ["numpy>=2; python_version<\'4\'", "torch"]\n'
      const plan = yield* planned({ "pyproject.toml": pyproject })
      expect(plan.base).toBe("python:3.12-slim")
      expect(yield* steps({ "pyproject.toml": pyproject })).toMatchInlineSnapshot(`
        "RUN ["python", "-m", "pip", "install", "--no-cache-dir", "numpy>=2; python_version\\u003c'4'", "torch"]
        --
        COPY --chown=1000 [".", "./"]
        "
      `)
    }),
  )

  effect("with a base image of the user's", () =>
    Effect.gen(function* () {
      const plan = yield* planned({}, { baseImage: "host.example:5000/team/cuda:12" })
      expect(printDockerfile(plan)).toStartWith("FROM host.example:5000/team/cuda:12\n")
      expect(plan.instructions[0]?.reason).toBe("asked for by --base-image")
    }),
  )

  effect("is the same text for the same project", () =>
    Effect.gen(function* () {
      const files = { "requirements.txt": "numpy" }
      expect(printDockerfile(yield* planned(files))).toBe(printDockerfile(yield* planned(files)))
    }),
  )

  const needsIndex = {
    "requirements.txt": `--extra-index-url https://\${INDEX_LOGIN}@host/simple\nx\n`,
  }
  const given = ["API_TOKEN", "INDEX_LOGIN", "PIP_INDEX_URL"]

  effect("gives the installation the secrets that it reads, and no others", () =>
    Effect.gen(function* () {
      expect(
        yield* steps(needsIndex, { secrets: given, cacheMounts: true }),
      ).toMatchInlineSnapshot(`
        "COPY ["requirements.txt", "./"]
        RUN --mount=type=cache,target=/root/.cache --mount=type=secret,id=INDEX_LOGIN,required=true --mount=type=secret,id=PIP_INDEX_URL,required=true ["/bin/sh", "-c", "export INDEX_LOGIN=\\"\\u0024(cat /run/secrets/INDEX_LOGIN)\\"; export PIP_INDEX_URL=\\"\\u0024(cat /run/secrets/PIP_INDEX_URL)\\"; export UV_INDEX_URL=\\"\\u0024(cat /run/secrets/PIP_INDEX_URL)\\"; exec \\"\\u00240\\" \\"\\u0024@\\"", "python", "-m", "pip", "install", "uv"]
        RUN --mount=type=cache,target=/root/.cache --mount=type=secret,id=INDEX_LOGIN,required=true --mount=type=secret,id=PIP_INDEX_URL,required=true ["/bin/sh", "-c", "export INDEX_LOGIN=\\"\\u0024(cat /run/secrets/INDEX_LOGIN)\\"; export PIP_INDEX_URL=\\"\\u0024(cat /run/secrets/PIP_INDEX_URL)\\"; export UV_INDEX_URL=\\"\\u0024(cat /run/secrets/PIP_INDEX_URL)\\"; exec \\"\\u00240\\" \\"\\u0024@\\"", "env", "PYC_INVALIDATION_MODE=CHECKED_HASH", "python", "-m", "uv", "pip", "install", "--system", "--compile-bytecode", "--link-mode=copy", "--index-strategy=unsafe-best-match", "-r", "requirements.txt"]
        --
        COPY --chown=1000 [".", "./"]
        "
      `)
      expect(yield* steps({ "requirements.txt": "x\n" }, { secrets: ["API_TOKEN"] })).not.toContain(
        "secret",
      )
    }),
  )

  effect("of an installation that reads a secret needs a builder that has them", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(
        planned(needsIndex, { secrets: given, secretMounts: false }),
      )
      expect([failed.code, failed.message]).toEqual([
        "E_BUILD",
        "This builder cannot give `INDEX_LOGIN` to an installation",
      ])
    }),
  )
})
