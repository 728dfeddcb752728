/** Whole launches, beside `docker run` of the same image and the released `wandb launch`. */
import { randomUUID } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { output, type Problem, run } from "@relaunch/local-engine"
import { relaunchCli, startRelaunchCli, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Bench, environmentOf, program, relaunch, wandb } from "./bench.ts"
import { type Comparison, memoryWithin, overOther } from "./comparison.ts"
import type { Command, Subject } from "./measure.ts"
import { writeTree } from "./tree.ts"

const base = "python:3.13-slim"
const dockerfile = `FROM ${base}\nCOPY . /app\nWORKDIR /app\n`
const entryPoint = "python main.py"

/** A directory with a Dockerfile, and the same built and run with the docker command. */
const project = (bench: Bench, name: string, image: string) => {
  const root = join(bench.folder, name)
  const source = (salt: string) => `print(${JSON.stringify(salt)})\n`
  return {
    root,
    write: writeFiles(root, { Dockerfile: dockerfile, "main.py": source(randomUUID()) }),
    /** New content; the program prints it. */
    edit: Effect.promise(() => writeFile(join(root, "main.py"), source(randomUUID()))),
    launch: (home = "home"): Command =>
      relaunch(
        bench,
        [
          ...["--uri", root, "--dockerfile", "Dockerfile", "--builder", "docker"],
          ...["--entry-point", entryPoint, "--project", "bench", "--job-name", image],
        ],
        { home },
      ),
    dockerBuild: ["docker", "build", "--quiet", "--tag", image, root],
    dockerRun: ["docker", "run", "--rm", "--init", image, "python", "main.py"],
  }
}

const inShell = (...commands: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => [
  ...["sh", "-ec", commands.map((words) => words.map((word) => `'${word}'`).join(" ")).join("\n")],
]

const removeImages = (bench: Bench, name: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { env } = program(bench, [])
    const listed = yield* run(["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"], { env })
    const ours = listed.stdout.split("\n").filter((image) => image.includes(name))
    if (ours.length > 0) yield* run(["docker", "rmi", "--force", ...ours], { env })
  }).pipe(Effect.ignore)

/** The local server, as `wandb` is told of it. */
const served = (
  bench: Bench,
): Effect.Effect<Readonly<Record<string, string>>, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const home = join(bench.folder, "served")
    const server = yield* startRelaunchCli(["serve", "--port", "0"], { home })
    yield* server.waitForText(/http:\/\//)
    const { stdout } = yield* relaunchCli(["env"], { home })
    const pairs = [...stdout.matchAll(/^export (\w+)=(.*)$/gm)]
    return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value]))
  })

export const launchComparisons = (
  bench: Bench,
): Effect.Effect<ReadonlyArray<Comparison>, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const name = `bench-${randomUUID().slice(0, 8)}`
    yield* Effect.addFinalizer(() => removeImages(bench, name))
    const { edit, launch, dockerBuild, dockerRun, root, write } = project(bench, "project", name)
    const { env } = program(bench, [])
    yield* write
    yield* output(dockerBuild, { env })
    yield* output(launch().words, { env: launch().env })
    const docker: Subject = { name: "docker run", command: () => program(bench, dockerRun) }
    const wandbServer = yield* served(bench)
    const launched = (words: ReadonlyArray<string>): Command => ({
      words: [
        ...[wandb(bench), "launch", ...words],
        ...["--resource", "local-container", "--project", "bench"],
      ],
      cwd: root,
      env: { ...environmentOf(bench, "home"), ...wandbServer },
    })
    /** The same directory, Dockerfile and entry point; the name of the job is that of the image too. */
    const released = (job: string): Command =>
      launched([
        ...["--uri", root, "--dockerfile", "Dockerfile"],
        ...["--entry-point", entryPoint, "--job-name", job],
      ])
    const besideEach = (subject: Subject) => (bench.sizes.wandbBeside === "each" ? [subject] : [])
    return [
      {
        what: "launch a directory, nothing changed",
        aim: overOther("at most 0.25 s over docker run", 250),
        subjects: [
          { name: "relaunch", command: () => launch() },
          docker,
          { name: "wandb launch", command: () => released(`${name}-wandb`) },
        ],
      },
      {
        what: "launch a directory, one line edited",
        aim: overOther("at most 1 s over docker run", 1000),
        subjects: [
          { name: "relaunch", prepare: () => edit, command: () => launch() },
          docker,
          {
            name: "docker build and run",
            prepare: () => edit,
            command: () => program(bench, inShell(dockerBuild, dockerRun)),
          },
          ...besideEach({
            name: "wandb launch",
            prepare: () => edit,
            command: () => released(`${name}-wandb`),
          }),
        ],
      },
      {
        what: "launch a directory, first, into an empty store",
        subjects: [
          {
            name: "relaunch",
            prepare: () => edit,
            command: (turn: number) => launch(`first-${turn}`),
          },
          docker,
          {
            name: "docker build and run",
            prepare: () => edit,
            command: () => program(bench, inShell(dockerBuild, dockerRun)),
          },
          // Of a name that the server does not know yet.
          ...besideEach({
            name: "wandb launch",
            prepare: () => edit,
            command: (turn: number) => released(`${name}-wandb-${turn}`),
          }),
        ],
      },
      {
        what: "launch an image",
        subjects: [
          {
            name: "relaunch",
            command: () => relaunch(bench, ["--docker-image", base, "--project", "bench"]),
          },
          {
            name: "docker pull and run",
            command: () =>
              program(
                bench,
                inShell(["docker", "pull", "--quiet", base], ["docker", "run", "--rm", base]),
              ),
          },
          {
            name: "wandb launch",
            command: () => launched(["--docker-image", base]),
          },
        ],
      },
    ]
  })

/** A launch whose context is large: the whole way of the bytes, with the memory it takes. */
export const packingComparisons = (
  bench: Bench,
): Effect.Effect<ReadonlyArray<Comparison>, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const { files, fileSize } = bench.sizes
    const name = `bench-${randomUUID().slice(0, 8)}`
    yield* Effect.addFinalizer(() => removeImages(bench, name))
    const { edit, launch, dockerBuild, dockerRun, root, write } = project(bench, "large", name)
    yield* write
    yield* writeTree(join(root, "data"), files, fileSize)
    const again = launch("large-again")
    const what = `launch a directory of ${files} files, ${(files * fileSize) / 1e6} MB`
    return [
      {
        what: `${what}, first`,
        aim: memoryWithin("at most 400 MB of memory, twice the bytes", 400e6),
        mostTurns: 2,
        subjects: [
          {
            name: "relaunch",
            prepare: () => edit,
            command: (turn: number) => launch(`large-${turn}`),
          },
          {
            name: "docker build and run",
            prepare: () => edit,
            command: () => program(bench, inShell(dockerBuild, dockerRun)),
          },
        ],
      },
      {
        what: `${what}, nothing changed`,
        mostTurns: 3,
        subjects: [
          {
            name: "relaunch",
            prepare: (turn: number) =>
              turn > 0 ? Effect.void : Effect.asVoid(output(again.words, { env: again.env })),
            command: () => again,
          },
          { name: "docker run", command: () => program(bench, dockerRun) },
        ],
      },
    ]
  })
