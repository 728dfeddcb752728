/** Images of a real engine, by both of its builders: what of a context arrives, and what must not. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import {
  type BuildContext,
  BuildEvent,
  Builder,
  type BuildRequest,
  collectContext,
} from "@relaunch/build"
import { Engine } from "@relaunch/engine"
import { liveEffect, temporaryFolder, testRig } from "@relaunch/testing"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { dockerBuilder } from "../src/index.ts"

const {
  engine: { host },
  registry: { login },
} = await testRig()

const classic = { DOCKER_BUILDKIT: "0" }

const builders = [
  ["BuildKit", {}],
  ["the classic builder", classic],
] as const

const services = (more: Readonly<Record<string, string>>) => {
  const env = { DOCKER_HOST: host, HOME: "/nowhere", ...more }
  return dockerBuilder(env).pipe(Layer.provideMerge(Engine.layer(env)))
}

const removedImage = (ref: string) =>
  Effect.promise(() =>
    fetch(`http://engine/images/${ref}?force=1`, {
      method: "DELETE",
      unix: host.replace("unix://", ""),
    }),
  )

const requested = (context: BuildContext, dockerfile: string, path: string | null = null) => {
  const request: BuildRequest = {
    ref: `relaunch-test/${crypto.randomUUID()}:1`,
    dockerfile,
    dockerfilePath: path,
    context,
    bases: ["python:3.13-slim"],
    platform: null,
    buildArguments: {},
    labels: { "dev.relaunch.test": "yes" },
    secrets: {},
  }
  return Effect.acquireRelease(Effect.succeed(request), ({ ref }) => removedImage(ref))
}

const built = (request: BuildRequest) =>
  Effect.flatMap(Builder, (builder) => Stream.runCollect(builder.build(request))).pipe(
    Effect.map(Chunk.toReadonlyArray),
  )

/** What it fails with, and what it said before. */
const failing = (request: BuildRequest) =>
  Effect.gen(function* () {
    const builder = yield* Builder
    const seen: Array<BuildEvent> = []
    const failed = yield* builder.build(request).pipe(
      Stream.runForEach((event) => Effect.sync(() => seen.push(event))),
      Effect.flip,
    )
    return { failed, seen }
  })

/** Names of the steps that began and did not end. */
const openIn = (events: ReadonlyArray<BuildEvent>) => {
  const open = new Map<string, string>()
  for (const event of events) {
    if (event._tag === "VertexStarted") open.set(event.id, event.name)
    else if (event._tag === "VertexFinished") open.delete(event.id)
  }
  return [...open.values()]
}

const linesOf = (events: ReadonlyArray<BuildEvent>) =>
  events.flatMap((event) => (BuildEvent.$is("VertexLog")(event) ? [event.line] : []))

/** Lists /x as one JSON line an entry; the first word keeps the step from any cache. */
const listing = (once: string) => `import hashlib, json, os
${`# ${once}`}
for folder, folders, files in os.walk("/x"):
    for name in folders + files:
        path = os.path.join(folder, name)
        kind = "link" if os.path.islink(path) else "directory" if os.path.isdir(path) else "file"
        said = [os.path.relpath(path, "/x"), kind]
        if kind == "link": said.append(os.readlink(path))
        if kind == "file": said += [bool(os.stat(path).st_mode & 0o111), hashlib.sha256(open(path, "rb").read()).hexdigest()]
        print("entry " + json.dumps(said))
`

const dockerfileOf = () =>
  `FROM python:3.13-slim\nCOPY . /x\nRUN ${JSON.stringify(["python", "-c", listing(crypto.randomUUID())])}\n`

const entriesOf = (events: ReadonlyArray<BuildEvent>): ReadonlyArray<ReadonlyArray<unknown>> =>
  linesOf(events)
    .flatMap((line) => /^entry (.*)$/.exec(line)?.[1] ?? [])
    .map((json) => JSON.parse(json))

const names = [
  "plain.txt",
  "with blank.txt",
  "日本/ünï.txt",
  "quote\"'`$x.txt",
  "new\nline.txt",
  `${"n".repeat(120)}.txt`,
  `${"m".repeat(250)}`,
  Array.from({ length: 4 }, (_, at) => String(at).repeat(90)).join("/"),
  "-dash",
  "a[b]*?.txt",
  "back\\slash",
]

for (const [name, env] of builders) {
  describe(`${name}`, () => {
    liveEffect("puts every name, executable bit and link of the context into the image", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder(Object.fromEntries(names.map((path) => [path, path])))
        fs.mkdirSync(join(folder, "empty"))
        fs.symlinkSync("plain.txt", join(folder, "link"))
        fs.symlinkSync("/nowhere", join(folder, "dangling"))
        fs.symlinkSync("l".repeat(150), join(folder, "long-link"))
        fs.chmodSync(join(folder, "-dash"), 0o755)
        const context = yield* collectContext(folder)
        const events = yield* built(yield* requested(context, dockerfileOf()))
        const wanted = context.entries.map(({ kind, mode, path, sha256, target }) =>
          kind === "link"
            ? [path, kind, target]
            : kind === "directory"
              ? [path, kind]
              : [path, kind, (mode & 0o111) !== 0, sha256],
        )
        const sorted = (all: ReadonlyArray<ReadonlyArray<unknown>>) =>
          all.map((entry) => JSON.stringify(entry)).sort()
        expect(sorted(entriesOf(events))).toEqual(sorted(wanted))
        expect(events.at(-1)?._tag).toBe("Finished")
      }).pipe(Effect.provide(services(env))),
    )

    liveEffect("does not put the Dockerfile that was made into the image, but the user's own", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ "main.py": "x" })
        const made = yield* built(yield* requested(yield* collectContext(folder), dockerfileOf()))
        expect(entriesOf(made).map(([path]) => path)).toEqual(["main.py"])
        const text = dockerfileOf()
        fs.mkdirSync(join(folder, "docker"))
        fs.writeFileSync(join(folder, "docker/Dockerfile.own"), text)
        const own = yield* built(
          yield* requested(yield* collectContext(folder), text, "docker/Dockerfile.own"),
        )
        expect(
          entriesOf(own)
            .map(([path]) => path)
            .sort(),
        ).toEqual(["docker", "docker/Dockerfile.own", "main.py"])
      }).pipe(Effect.provide(services(env))),
    )

    liveEffect("finds the image again by its label alone", () =>
      Effect.gen(function* () {
        const context = yield* collectContext(yield* temporaryFolder({ a: crypto.randomUUID() }))
        const request = yield* requested(context, "FROM scratch\nCOPY a /a\n")
        const labelled = { ...request, bases: [], labels: { "dev.relaunch.identity": "abc" } }
        const events = yield* built(labelled)
        const builder = yield* Builder
        const last = events.at(-1)
        expect(last?._tag === "Finished" && last.image).toMatchObject({
          ref: request.ref,
          cached: false,
        })
        expect(yield* builder.find(request.ref, "abc")).toMatchObject({
          ref: request.ref,
          cached: true,
        })
        expect(yield* builder.find(request.ref, "abd")).toBeUndefined()
        expect(yield* builder.find(`${request.ref}0`, "abc")).toBeUndefined()
      }).pipe(Effect.provide(services(env))),
    )

    liveEffect("says what the failing step said, and then that it failed", () =>
      Effect.gen(function* () {
        const context = yield* collectContext(yield* temporaryFolder({ a: "x" }))
        const program = [
          "sh",
          "-c",
          `echo out ${crypto.randomUUID()}; echo err >&2; printf half; exit 3`,
        ]
        const request = yield* requested(
          context,
          `FROM python:3.13-slim\nRUN ${JSON.stringify(program)}\n`,
        )
        const { failed, seen } = yield* failing(request)
        expect(failed.code).toBe("E_BUILD")
        expect(failed.message).toContain("RUN")
        const lines = linesOf(seen)
        expect(lines.filter((line) => /^(?:err|half)$/.test(line)).sort()).toEqual(["err", "half"])
        expect(
          seen.some((event) => event._tag === "VertexFinished" && event.error !== undefined),
        ).toBe(true)
      }).pipe(Effect.provide(services(env))),
    )

    liveEffect("names the credential helper that failed where a registry wants a login", () =>
      Effect.gen(function* () {
        const config = JSON.stringify({ credsStore: "absent" })
        const DOCKER_CONFIG = yield* temporaryFolder({ "config.json": config })
        const context = yield* collectContext(yield* temporaryFolder({ a: "x" }))
        const image = `${login.address}/team/private:1`
        const request = yield* requested(context, `FROM ${image}\nCOPY a /a\n`)
        const { failed } = yield* failing({ ...request, bases: [image] }).pipe(
          Effect.provide(services({ ...env, DOCKER_CONFIG })),
        )
        expect(failed.code).toBe("E_REGISTRY_AUTH")
        expect(failed.message).toEndWith(
          "; credential helper `docker-credential-absent` is not installed",
        )
      }),
    )

    liveEffect("ends what it began before it refuses a Dockerfile", () =>
      Effect.gen(function* () {
        const context = yield* collectContext(yield* temporaryFolder({ a: "x" }))
        const request = yield* requested(context, "FROM scratch\nNOTHING\n")
        const { failed, seen } = yield* failing(request)
        expect([failed.code, openIn(seen)]).toEqual(["E_DOCKERFILE", []])
      }).pipe(Effect.provide(services(env))),
    )

    liveEffect("fails with E_SOURCE_UNREADABLE when a file changed since it was identified", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ a: "x", "b/changed": "0123456789" })
        const context = yield* collectContext(folder)
        fs.writeFileSync(join(folder, "b/changed"), "9876543210")
        const request = yield* requested(context, "FROM scratch\nCOPY . /x\n")
        const { failed, seen } = yield* failing({ ...request, bases: [] })
        expect(openIn(seen)).toEqual([])
        expect(seen.some((event) => event._tag === "VertexFinished" && event.error)).toBe(true)
        expect([failed.code, failed.message]).toEqual([
          "E_SOURCE_UNREADABLE",
          "`b/changed` changed while it was being sent to the builder",
        ])
        expect(
          yield* Effect.flatMap(Engine, (engine) => engine.inspectImage(request.ref)),
        ).toBeUndefined()
      }).pipe(Effect.provide(services(env))),
    )
  })
}

describe("the classic builder alone", () => {
  liveEffect(
    "refuses a build that mounts secrets before it sends anything, and makes one that does not",
    () =>
      Effect.gen(function* () {
        const context = yield* collectContext(yield* temporaryFolder({ a: "x" }))
        const secrets = { token: "s3cret" }
        const plain = yield* requested(context, "FROM scratch\nCOPY a /a\n")
        const events = yield* built({ ...plain, bases: [], secrets })
        expect(events.at(-1)?._tag).toBe("Finished")
        const mounting = "FROM python:3.13-slim\nRUN --mount=type=secret,id=token true\n"
        const request = yield* requested(context, mounting)
        const failed = yield* Effect.flip(built({ ...request, secrets }))
        expect([failed.code, failed.message]).toEqual([
          "E_BUILD",
          "Builder `docker` cannot give secrets to a build on this engine",
        ])
        expect(failed.hints).not.toEqual([])
        expect(JSON.stringify(failed)).not.toContain("s3cret")
      }).pipe(Effect.provide(services(classic))),
  )
})
