/** Keys reach a program in the terminal, and its screen comes back. */
import { expect } from "bun:test"
import * as Effect from "effect/Effect"
import { liveEffect, temporaryFolder, terminal } from "../src/index.ts"

liveEffect(
  "a terminal types, waits for the screen, resizes and interrupts without ending its shell",
  () =>
    Effect.gen(function* () {
      const { press, resize, screen, type, waitForScreen } = yield* terminal({
        columns: 60,
        env: { GREETING: "it's me" },
      })
      yield* type('echo "<$GREETING>"')
      yield* press("Enter")
      yield* waitForScreen("\n<it's me>")
      yield* resize(40, 10)
      yield* type("stty size && cat")
      yield* press("Enter")
      yield* waitForScreen(/^10 40$/m)
      // Shown once by the terminal and once by `cat`, which then surely runs.
      yield* type("ready")
      yield* press("Enter")
      yield* waitForScreen("ready\nready")
      yield* press("C-c")
      yield* waitForScreen(/\^C\n+\$\s*$/)
      yield* type("echo code $?")
      yield* press("Enter")
      yield* waitForScreen("code 130")
      expect(yield* screen).not.toContain("exited")
    }),
)

liveEffect("a temporary folder is gone when its scope closes", () =>
  Effect.gen(function* () {
    const folder = yield* Effect.scoped(
      Effect.tap(temporaryFolder({ "a/b.txt": "text" }), (open) =>
        Effect.promise(async () => expect(await Bun.file(`${open}/a/b.txt`).text()).toBe("text")),
      ),
    )
    expect(yield* Effect.promise(() => Bun.file(`${folder}/a/b.txt`).exists())).toBe(false)
  }),
)
