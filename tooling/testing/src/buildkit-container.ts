/** A real buildkitd in a container, as people keep one beside an engine. */
import { dirname } from "node:path"
import { output, type Problem, run, searchPath, waitFor } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { temporaryFolder } from "./folder.ts"
import { firstTestRig, type TestRig, testRig } from "./rig/environment.ts"

export type ContainerProgram = "docker" | "podman"

export interface TestContainer {
  readonly name: string
  /** Of the engine's program, `top` say, with its words. */
  readonly ask: (
    verb: string,
    ...words: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly code: number; readonly stdout: string }, Problem>
}

export interface ContainerOptions {
  readonly flags?: ReadonlyArray<string>
  /** It has them before it starts; as tar is told them. */
  readonly files?: ReadonlyArray<string>
  readonly command: ReadonlyArray<string>
}

/**
 * What points the program to the rig. An exec of the rig's newer engine, which lives in a chroot, leads out of the
 * container: docker is the first one.
 */
export const containerEnvironment = (
  program: ContainerProgram,
): Effect.Effect<Readonly<Record<string, string>>> =>
  Effect.map(
    Effect.promise(firstTestRig),
    ({ engine, podman }): Readonly<Record<string, string>> =>
      program === "docker" ? { DOCKER_HOST: engine.host } : podman.environment,
  )

/** Of `busybox:1`, with a name that nobody else has; gone with the scope. */
export const testContainer = (
  program: ContainerProgram,
  { command, files, flags = [] }: ContainerOptions,
): Effect.Effect<TestContainer, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const env = yield* containerEnvironment(program)
    const name = `buildkit-${crypto.randomUUID()}`
    const ask: TestContainer["ask"] = (verb, ...words) => run([program, verb, ...words], { env })
    const atOnce = program === "podman" ? ["--time", "0"] : []
    const image = `${program === "podman" ? "docker.io/library/" : ""}busybox:1`
    yield* Effect.acquireRelease(
      output([program, "create", "--name", name, ...flags, image, ...command], { env }),
      () => Effect.ignore(ask("rm", "--force", "--volumes", ...atOnce, name)),
    )
    if (files !== undefined) {
      yield* output(["sh", "-c", `tar -ch "$@" | ${program} cp - ${name}:/`, "sh", ...files], {
        env,
      })
    }
    yield* output([program, "start", name], { env })
    return { name, ask }
  })

const settings = (rig: TestRig): string =>
  [
    ...["[worker.oci]", 'networkMode = "host"'],
    ...['[registry."docker.io"]', `mirrors = ["${rig.registry.open.address}"]`],
    ...[`[registry."${rig.registry.open.address}"]`, "http = true"],
  ].join("\n")

/** A program and the libraries it is linked with. */
const withLibraries = (program: string): Effect.Effect<ReadonlyArray<string>, Problem> =>
  Effect.map(output(["ldd", program]), (said) => [
    program,
    ...[...said.matchAll(/(\/\S+) \(0x/g)].flatMap(([, file]) => file ?? []),
  ])

/** The rig's buildkitd and buildctl in a container whose daemon answers. */
export const buildkitContainer = (
  program: ContainerProgram,
): Effect.Effect<TestContainer, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const rig = yield* Effect.promise(testRig)
    const runc = Bun.which("runc", { PATH: searchPath() }) ?? "runc"
    const folder = yield* temporaryFolder({ "buildkitd.toml": settings(rig) })
    const needed = (yield* withLibraries(runc)).map((file) => file.slice(1))
    const container = yield* testContainer(program, {
      flags: [
        // All that it needs of `--privileged`, which machines without some capability refuse.
        ...["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"],
        ...["--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup"],
        // Its own layers are overlays, which cannot lie on one.
        ...["--network", "host", "--tmpfs", "/tmp", "--volume", "/var/lib/buildkit"],
        ...["--env", `PATH=/bin:${dirname(runc)}`],
      ],
      files: [
        ...["--transform", "s,^build[^/.]*$,bin/&,", "-C", folder, "buildkitd.toml"],
        ...["-C", dirname(rig.buildkit.buildctl), "buildctl", "buildkitd", "-C", "/", ...needed],
      ],
      command: [
        ...["buildkitd", "--config", "/buildkitd.toml", "--containerd-worker=false"],
        ...["--oci-worker-binary", "runc"],
      ],
    })
    const isUp = Effect.map(
      container.ask("exec", container.name, "buildctl", "debug", "workers"),
      ({ code }) => (code === 0 ? true : undefined),
    )
    yield* waitFor({ what: "the buildkitd in a container", atMost: "30 seconds" }, isUp)
    return container
  })
