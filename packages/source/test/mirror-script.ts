/** Resolves a remote in a process of its own, for tests of several launches at once. */
import * as BunCommandExecutor from "@effect/platform-bun/BunCommandExecutor"
import * as BunFileSystem from "@effect/platform-bun/BunFileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { gitRemote, gitSource } from "../src/index.ts"

const [url = "", ref = "", cache = ""] = process.argv.slice(2)

const said = await Effect.runPromise(
  Effect.gen(function* () {
    const remote = yield* gitRemote(url)
    const { password = "", username = "" } = remote.login
    const source = yield* gitSource(remote, ref === "" ? undefined : ref, cache, {
      login: username === "" ? undefined : { username, password, host: remote.host },
      interactive: false,
      timeLimit: "1 minute",
      env: { GIT_SSH_COMMAND: process.env["GIT_SSH_COMMAND"] },
    })
    const { folder } = yield* source.checkout
    return {
      commit: source.commit,
      text: yield* Effect.promise(() => Bun.file(`${folder}/main.py`).text()),
    }
  }).pipe(
    Effect.scoped,
    Effect.match({
      onSuccess: (found) => found,
      onFailure: ({ code, message }) => ({ code, message }),
    }),
    Effect.provide(BunCommandExecutor.layer.pipe(Layer.provide(BunFileSystem.layer))),
  ),
)
process.stdout.write(JSON.stringify(said))
