/**
 * From facts to the image: a list of instructions as plain data, each with the reason it is there,
 * then the text. Nothing here reads or runs anything.
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { ProjectFacts } from "./facts.ts"
import { type InstallOptions, type Instruction, install, installSecrets, run } from "./install.ts"
import { isImageReference, isPlainPath, jsonWords } from "./text.ts"

export interface ImageOptions {
  readonly entryPoint: ReadonlyArray<string>
  /** In place of the slim Python image. */
  readonly baseImage: string | undefined
  /** Why that one; undefined where `--base-image` names it. */
  readonly baseImageFrom?: string | undefined
  /** The builder has `RUN --mount=type=cache`. */
  readonly cacheMounts: boolean
  /** The builder has `RUN --mount=type=secret`. */
  readonly secretMounts: boolean
  /** Names of the launch's secrets; the installation is given those that it reads. */
  readonly secrets: ReadonlyArray<string>
}

export interface ImagePlan {
  readonly base: string
  readonly instructions: ReadonlyArray<Instruction>
}

/** A fixed user, so that two machines write the same text and share one image. */
const user = { name: "launch", id: 1000, home: "/home/launch" } as const
const workdir = `${user.home}/src`

const createUser = [
  "/bin/sh",
  "-c",
  `getent passwd ${user.id} >/dev/null || useradd --uid ${user.id} --home-dir ${user.home} --shell /bin/sh ${user.name} || adduser -D -u ${user.id} -h ${user.home} ${user.name}; mkdir -p ${workdir} && chown -R ${user.id} ${user.home}`,
]

const installGit = [
  "/bin/sh",
  "-c",
  "command -v git >/dev/null || (apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*)",
]

const copyCode = (reason: string): Instruction => ({
  text: `COPY --chown=${user.id} ${jsonWords([".", "./"])}`,
  reason,
})

const folderOf = (path: string): string =>
  path.includes("/") ? `./${path.slice(0, path.lastIndexOf("/") + 1)}` : "./"

interface Steps {
  /** As root: what is installed, and what the installation reads. */
  readonly install: ReadonlyArray<Instruction>
  /** Empty when the installation already needed the code. */
  readonly code: ReadonlyArray<Instruction>
}

const codeLast = (reason: string) => [copyCode(reason)]

const dependencySteps = ({ dependencies }: ProjectFacts, options: InstallOptions): Steps => {
  if (dependencies._tag === "None") {
    return { install: [], code: codeLast("the code; there is nothing to install") }
  }
  const needsGit =
    dependencies._tag === "Pyproject"
      ? dependencies.versionControl
      : dependencies.lines.versionControl.length > 0
  const git = needsGit
    ? [{ text: run(installGit), reason: "a dependency comes from a git repository" }]
    : []
  const code = codeLast("the code last, as it changes most")
  if (dependencies._tag === "Pyproject") {
    return dependencies.requirements.length === 0
      ? { install: [], code: codeLast("the code; project.dependencies is empty") }
      : { install: [...git, ...install(dependencies.requirements, options, false)], code }
  }
  const steps = install(["-r", dependencies.file], options, dependencies.lines.extraIndex)
  const named = dependencies.lines.local[0] ?? dependencies.files.find((file) => !isPlainPath(file))
  if (named !== undefined) {
    const whole = copyCode(`the installation needs \`${named}\` of the source tree`)
    return { install: [...git, whole, ...steps], code: [] }
  }
  const copies = dependencies.files.map((file) => ({
    text: `COPY ${jsonWords([file, folderOf(file)])}`,
    reason: "only what the installation reads, so that an edit of the code keeps the layer",
  }))
  return { install: [...git, ...copies, ...steps], code }
}

/** Fails with `E_IMAGE_NAME` when the base image is no image name. */
export const planImage = (
  facts: ProjectFacts,
  options: ImageOptions,
): Effect.Effect<ImagePlan, Failure> => {
  const base = options.baseImage ?? `python:${facts.python.version}-slim`
  if (!isImageReference(base)) {
    return Effect.fail(
      failure("E_IMAGE_NAME", `\`${base}\` is not the name of an image`, {
        hints: ["Write `--base-image` as `registry/name:tag`"],
        details: { image: base },
      }),
    )
  }
  const { dependencies } = facts
  const named = dependencies._tag === "Requirements" ? dependencies.lines.variables : []
  const secrets = dependencies._tag === "None" ? [] : installSecrets(options.secrets, named)
  if (secrets.length > 0 && !options.secretMounts) {
    return Effect.fail(
      failure("E_BUILD", `This builder cannot give \`${secrets[0]}\` to an installation`, {
        hints: ["Choose one with `secretMounts` in `relaunch builder list`"],
        details: { secrets },
      }),
    )
  }
  const steps = dependencySteps(facts, { cacheMounts: options.cacheMounts, secrets })
  return Effect.succeed({
    base,
    instructions: [
      {
        text: `FROM ${base}`,
        reason:
          options.baseImage === undefined
            ? `Python ${facts.python.version}: ${facts.python.from}`
            : (options.baseImageFrom ?? "asked for by --base-image"),
      },
      {
        text: "ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore",
        reason: "output appears as it is written",
      },
      { text: run(createUser), reason: "the program does not run as root" },
      { text: `WORKDIR ${workdir}`, reason: "the job's code lives here" },
      ...steps.install,
      { text: `ENV HOME=${user.home}`, reason: "programs write their caches there" },
      { text: `USER ${user.id}`, reason: "not root" },
      {
        text: `ENTRYPOINT ${jsonWords(options.entryPoint)}`,
        reason: "exec form: signals reach the program",
      },
      ...steps.code,
    ],
  })
}

export const printDockerfile = (plan: ImagePlan): string =>
  `${plan.instructions.map(({ text }) => text).join("\n")}\n`
