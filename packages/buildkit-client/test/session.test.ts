/** What a session gives the daemon besides files: secrets and an ssh agent. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { allDaemons, base, buildkitd, built, context, python, unique } from "./support/daemons.ts"

describe("a secret", () => {
  for (const { address, name } of allDaemons) {
    liveEffect(`is there for RUN and in no event (${name})`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ token: `file-${unique()}` })
        const values = {
          plain: `plain-${unique()}`,
          redacted: Redacted.make(`redacted-${unique()}`),
          bytes: Buffer.from(`bytes-${unique()}`),
          file: { file: join(folder, "token") },
        }
        const mounts = Object.keys(values).map((id) => `--mount=type=secret,id=${id}`)
        const { events, log, result } = yield* built(address, {
          context: context({
            Dockerfile: [
              `FROM ${base}`,
              `RUN ${mounts.join(" ")} cd /run/secrets && for s in *; do wc -c < $s; done; echo ${unique()}`,
            ].join("\n"),
          }),
          secrets: values,
        })
        // bytes, file, plain, redacted
        expect(log.slice(0, 4)).toEqual(["18", "17", "18", "21"])
        const told = JSON.stringify([events, result])
        for (const secret of [values.plain, Redacted.value(values.redacted), `${values.bytes}`]) {
          expect(told).not.toContain(secret)
        }
      }),
    )

    liveEffect(`whose file is not there fails the step, which need not have it (${name})`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          built(address, {
            context: context({
              Dockerfile: `FROM ${base}\nRUN --mount=type=secret,id=token echo ${unique()}\n`,
            }),
            secrets: { token: { file: "/nowhere/at/all" } },
          }),
        )
        expect(error.message).toContain("the file of secret token cannot be read")
      }),
    )

    liveEffect(`that is demanded and not given is named (${name})`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          built(address, {
            context: context({
              Dockerfile: `FROM ${base}\nRUN --mount=type=secret,id=nope,required=true echo ${unique()}\n`,
            }),
          }),
        )
        expect(error.message).toContain("nope")
      }),
    )
  }
})

/** An agent with one key, which ends with the scope. */
const sshAgent = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const socket = join(folder, "agent.sock")
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() =>
      Bun.spawn(["ssh-agent", "-D", "-a", socket], { stdout: "ignore", stderr: "ignore" }),
    ),
    (child) =>
      Effect.promise(async () => {
        child.kill()
        await child.exited
      }),
  )
  void agent
  const key = join(folder, "key")
  const env = { ...process.env, SSH_AUTH_SOCK: socket }
  const run = (...words: ReadonlyArray<string>) =>
    Effect.promise(async () => {
      const child = Bun.spawn([...words], { env, stdout: "pipe", stderr: "pipe" })
      const [out, code] = await Promise.all([child.stdout.text(), child.exited])
      return { out, code }
    })
  yield* run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
  yield* Effect.repeat(run("ssh-add", key), { until: ({ code }) => code === 0 })
  const { out } = yield* run("ssh-add", "-l")
  return { socket, fingerprint: out.split(" ")[1] ?? "" }
})

/** Asks the agent for its keys, in python: `ssh-add -l` without ssh. */
const askAgent =
  "import os,socket,struct,hashlib,base64;s=socket.socket(socket.AF_UNIX);s.connect(os.environ['SSH_AUTH_SOCK']);" +
  "s.sendall(b'\\0\\0\\0\\1\\x0b');f=s.makefile('rb');n=struct.unpack('>I',f.read(4))[0];d=f.read(n);" +
  "k=struct.unpack('>I',d[5:9])[0];" +
  "print('SHA256:'+base64.b64encode(hashlib.sha256(d[9:9+k]).digest()).decode().rstrip('='))"

describe("an ssh agent", () => {
  for (const { address, name } of allDaemons) {
    liveEffect(`answers inside a RUN that mounts it (${name})`, () =>
      Effect.gen(function* () {
        const { fingerprint, socket } = yield* sshAgent
        const { log } = yield* built(address, {
          context: context({
            "ask.py": askAgent,
            Dockerfile: `FROM ${python}\nCOPY ask.py /\nRUN --mount=type=ssh python3 /ask.py; echo ${unique()}\n`,
          }),
          ssh: { default: socket },
        })
        expect(log[0]).toBe(fingerprint)
      }),
    )
  }

  liveEffect("that is not there is named", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        built(buildkitd, {
          context: context({
            Dockerfile: `FROM ${base}\nRUN --mount=type=ssh,id=other,required=true echo ${unique()}\n`,
          }),
          ssh: { default: "/nowhere" },
        }),
      )
      expect(error.message).toContain("other")
    }),
  )
})
