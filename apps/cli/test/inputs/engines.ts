/** Engines and ports: absent, closed, mute, broken, or something else than they say. */
import { chmodSync, mkdirSync, symlinkSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { join } from "node:path"
import { relaunchExecutable } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { asNobody } from "./another-user.ts"
import { type Attempt, type BadInput, type BuilderName, code, main, type Place } from "./case.ts"

const launch = { files: main, args: code }

/** What a builder's daemon is named by. */
const variables: Readonly<Record<string, (socket: string) => Record<string, string>>> = {
  docker: (socket) => ({ DOCKER_HOST: `unix://${socket}` }),
  buildkit: (socket) => ({ BUILDKIT_HOST: `unix://${socket}` }),
  podman: (socket) => ({ CONTAINER_HOST: `unix://${socket}` }),
}

/** A socket where `answer` has every connection. */
const socketWith = (builder: BuilderName, answer: (socket: Socket) => void) => (place: Place) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const path = join(place.home, "daemon.sock")
        const open = new Set<Socket>()
        const server = createServer((socket) => {
          open.add(socket)
          socket.on("error", () => socket.destroy())
          answer(socket)
        })
        await new Promise<void>((resolve) => server.listen(path, resolve))
        return { path, server, open }
      }),
      ({ open, server }) =>
        Effect.sync(() => {
          for (const socket of open) socket.destroy()
          server.close()
        }),
    ),
    ({ path }): Attempt => ({ env: variables[builder]?.(path) ?? {} }),
  )

const http =
  (status: string, body = "", headers = "") =>
  (socket: Socket) => {
    socket.on("data", () =>
      socket.write(
        `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${headers}Content-Type: application/json\r\n\r\n${body}`,
      ),
    )
  }

/** Greets, and then says nothing any more. */
const greetsOnly = (socket: Socket) => {
  socket.on("data", (bytes) => {
    if (bytes.includes("/_ping")) {
      socket.write("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK")
    }
  })
}

/** Knows no newer API than what it refuses. */
const outdated = (socket: Socket) => {
  const body = '{"message":"client version 1.41 is too new. Maximum supported API version is 1.12"}'
  socket.on("data", (bytes) => {
    if (bytes.includes("/_ping")) {
      socket.write("HTTP/1.1 200 OK\r\nApi-Version: 1.12\r\nContent-Length: 2\r\n\r\nOK")
    } else socket.write(`HTTP/1.1 400 Bad\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  })
}

const mute = (): void => undefined

const absent = (builder: BuilderName, message: RegExp, hint: RegExp): BadInput => ({
  title: `no daemon at the socket of ${builder}`,
  builders: [builder],
  ...launch,
  setUp: ({ home }) => Effect.succeed({ env: variables[builder]?.(join(home, "none.sock")) ?? {} }),
  answer: { code: "E_ENGINE_UNREACHABLE", message, hint },
})

const hangs = (builder: BuilderName, message: RegExp): BadInput => ({
  title: `a daemon of ${builder} that accepts and never answers`,
  builders: [builder],
  ...launch,
  setUp: socketWith(builder, mute),
  answer: { code: "E_ENGINE_HANGS", message, hint: /restart it/ },
})

const broken = (
  title: string,
  answer: (socket: Socket) => void,
  refusal: Exclude<BadInput["answer"], { says: RegExp }>,
): BadInput => ({ title, ...launch, setUp: socketWith("docker", answer), answer: refusal })

/** In a network of its own, whose low ports are for root alone, and without that right of root's. */
const withoutLowPorts = [
  ...["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"],
  ...["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"],
  relaunchExecutable,
]

const forbidden = (builder: BuilderName, message: RegExp): BadInput => ({
  title: `a socket of ${builder} without permission`,
  builders: [builder],
  ...launch,
  setUp: (place) =>
    Effect.map(socketWith(builder, mute)(place), (attempt) => {
      chmodSync(join(place.home, "daemon.sock"), 0o600)
      return { ...attempt, ...asNobody(place) }
    }),
  answer: { code: "E_ENGINE_PERMISSION", message, hint: /group/ },
})

const daemons: ReadonlyArray<BadInput> = [
  absent(
    "docker",
    /^No container engine answers at `unix:.*none\.sock` \(DOCKER_HOST\)$/,
    /Start the engine/,
  ),
  absent("buildkit", /^No BuildKit answers: .*none\.sock/, /Start buildkitd/),
  absent(
    "podman",
    /^No container engine answers at `unix:.*none\.sock` \(CONTAINER_HOST\)$/,
    /^Start the service \(`podman system service --time=0 unix:/,
  ),
  forbidden("docker", /^No permission to use the container engine at `unix:/),
  forbidden("buildkit", /^No permission to use the BuildKit daemon at `unix:/),
  forbidden("podman", /^No permission to use the container engine at `unix:/),
  hangs("docker", /^The container engine at `unix:.*` does not answer$/),
  hangs("buildkit", /^The BuildKit daemon at `unix:.*` does not answer$/),
  hangs("podman", /^The container engine at `unix:.*` does not answer$/),
  broken("a daemon that greets and then says nothing", greetsOnly, {
    code: "E_ENGINE_HANGS",
    message: /does not answer$/,
    hint: /restart it/,
  }),
  broken("a daemon that hangs up", (socket) => socket.destroy(), {
    code: "E_ENGINE_UNREACHABLE",
    message: /^No container engine answers at `unix:/,
    hint: /Start the engine/,
  }),
  broken("a daemon that is a web server", http("404 Not Found", "{}"), {
    code: "E_ENGINE_UNREACHABLE",
    message: /is no container engine: HTTP 404$/,
    hint: /DOCKER_HOST/,
  }),
  broken("a daemon that answers without a version", http("200 OK", "OK"), {
    code: "E_ENGINE_UNREACHABLE",
    message: /is no container engine: its answer has no API version$/,
    hint: /DOCKER_HOST/,
  }),
  broken("a daemon in trouble", http("500 Oops", '{"message":"disk on fire"}'), {
    code: "E_ENGINE",
    message: "The container engine refused: disk on fire",
    hint: /own log/,
  }),
  broken("a daemon whose API is too old", outdated, {
    code: "E_ENGINE",
    message:
      "The container engine refused: client version 1.41 is too new. Maximum supported API version is 1.12",
    hint: /^Update the engine/,
  }),
  broken("a daemon whose answers are no JSON", http("200 OK", "<html>", "Api-Version: 1.41\r\n"), {
    code: "E_ENGINE",
    message: /^The connection to the container engine broke: /,
    hint: /still runs/,
  }),
  broken("a daemon that speaks another protocol", (socket) => socket.write("220 mail ESMTP\r\n"), {
    code: "E_ENGINE_UNREACHABLE",
    message: /^No container engine answers at `unix:/,
    hint: /./,
  }),
]

const unusable = (
  title: string,
  env: NonNullable<BadInput["env"]>,
  message: string,
  hint: RegExp,
): BadInput => ({
  title,
  ...launch,
  env,
  answer: { code: "E_ENGINE_UNREACHABLE", message, hint },
})

const addresses: ReadonlyArray<BadInput> = [
  unusable(
    "an engine address that is none",
    { DOCKER_HOST: "nonsense" },
    "Engine address `nonsense` (DOCKER_HOST) cannot be used",
    /tcp:\/\/host:port/,
  ),
  unusable(
    "an engine over ssh",
    { DOCKER_HOST: "ssh://host" },
    "Engine address `ssh://host` (DOCKER_HOST) cannot be used",
    /forward its socket/,
  ),
  unusable(
    "a docker context that is not there",
    { DOCKER_HOST: undefined, DOCKER_CONTEXT: "../../etc" },
    "There is no docker context `../../etc`",
    /docker context ls/,
  ),
  {
    ...unusable(
      "a podman service over ssh",
      { CONTAINER_HOST: "ssh://host/run/podman.sock" },
      "Podman's address `ssh://host/run/podman.sock` (CONTAINER_HOST) cannot be used",
      /forward its socket/,
    ),
    builders: ["podman"],
  },
  {
    title: "a docker configuration that is no JSON",
    files: { "docker/config.json": "{" },
    args: ["-p", "demo", "-d", "registry.invalid/team/app:1"],
    setUp: ({ folder }) => Effect.succeed({ env: { DOCKER_CONFIG: join(folder, "docker") } }),
    answer: { code: "E_CONFIG", message: /config\.json` is not JSON: /, hint: /docker login/ },
  },
  {
    title: "a BuildKit address that is none",
    builders: ["buildkit"],
    ...launch,
    env: { BUILDKIT_HOST: "nonsense" },
    answer: {
      code: "E_CONFIG",
      message: /^`nonsense` is not a BuildKit address: /,
      hint: /BUILDKIT_HOST/,
    },
  },
  {
    title: "podman that is not installed",
    builders: ["podman"],
    ...launch,
    setUp: ({ folder }) =>
      Effect.sync(() => {
        const path = join(folder, "bin")
        mkdirSync(path)
        for (const program of ["bun", "sh", "env", "dirname", "readlink"]) {
          symlinkSync(Bun.which(program) ?? "", join(path, program))
        }
        return { env: { PATH: path } }
      }),
    answer: {
      code: "E_ENGINE_UNREACHABLE",
      message: "`podman` was not found on PATH",
      hint: /Install podman/,
    },
  },
  {
    title: "git that is not installed",
    args: ["--uri", "https://host/x.git", "-p", "demo", "-E", "python main.py"],
    setUp: ({ folder }) =>
      Effect.sync(() => {
        for (const program of ["bun", "sh", "env", "dirname", "readlink"]) {
          symlinkSync(Bun.which(program) ?? "", join(folder, program))
        }
        return { env: { PATH: folder } }
      }),
    answer: { code: "E_GIT_MISSING", message: "`git` was not found on PATH", hint: /Install git/ },
  },
  {
    title: "a port that is taken",
    args: ["serve"],
    setUp: () =>
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: mute } })),
          (listener) => Effect.sync(() => listener.stop(true)),
        ),
        ({ port }) => ({ args: ["--port", String(port)] }),
      ),
    answer: {
      code: "E_PORT",
      message: /^Port \d+ of `127\.0\.0\.1` is in use$/,
      hint: /any free one/,
    },
  },
  {
    title: "a port that this user may not take",
    args: ["serve", "--port", "443"],
    setUp: () => Effect.succeed({ program: withoutLowPorts }),
    answer: {
      code: "E_PORT",
      message: "Port 443 of `127.0.0.1` may not be used",
      hint: /above 1023/,
    },
  },
  {
    title: "a port that is none",
    args: ["serve", "--port", "seven"],
    answer: { code: "E_USAGE", message: "`--port seven` is no port", hint: /65535/ },
  },
]

export const engines: ReadonlyArray<BadInput> = [...daemons, ...addresses]
