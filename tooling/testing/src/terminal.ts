/** A real terminal: a command started from a shell inside tmux, its keys and its screen. */
import { join } from "node:path"
import { output, type Problem, problem, waitFor } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { temporaryFolder } from "./folder.ts"
import { cliEnvironment } from "./relaunch-cli.ts"

export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly cwd?: string
  readonly home?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Terminal {
  /** Text as typed, without Enter. */
  readonly type: (text: string) => Effect.Effect<void, Problem>
  /** Keys by tmux's names: `Enter`, `Up`, `C-c`, `BSpace`, `Escape`, `Tab`. */
  readonly press: (...keys: ReadonlyArray<string>) => Effect.Effect<void, Problem>
  /** Text as pasted, with the marks of bracketed paste where the program asked for them. */
  readonly paste: (text: string) => Effect.Effect<void, Problem>
  readonly screen: Effect.Effect<string, Problem>
  /** Whether the cursor is shown. */
  readonly hasCursor: Effect.Effect<boolean, Problem>
  /** The screen as soon as it has the text; the problem quotes the last screen. */
  readonly waitForScreen: (text: string | RegExp) => Effect.Effect<string, Problem>
  readonly resize: (columns: number, rows: number) => Effect.Effect<void, Problem>
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** An interactive shell on a tmux server of its own, which ends with the scope. */
export const terminal = ({
  columns = 80,
  cwd,
  env,
  home,
  rows = 24,
}: TerminalOptions = {}): Effect.Effect<Terminal, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder()
    const tmux = (...args: ReadonlyArray<string>) =>
      output(["tmux", "-S", join(folder, "tmux"), "-f", "/dev/null", ...args])
    const environment = Object.entries({
      ...cliEnvironment(home ?? folder, env),
      TERM: "screen-256color",
      PS1: "$ ",
      ENV: undefined,
    }).flatMap(([name, value]) => (value === undefined ? [] : [quote(`${name}=${value}`)]))
    yield* Effect.acquireRelease(
      tmux(
        ...["new-session", "-d", "-x", String(columns), "-y", String(rows)],
        ...["-c", cwd ?? folder, `exec env -i ${environment.join(" ")} sh -i`],
      ),
      () => Effect.ignore(tmux("kill-server")),
    )
    const screen = tmux("capture-pane", "-p")
    const waitForScreen = (text: string | RegExp) => {
      let last = ""
      const has = () => (typeof text === "string" ? last.includes(text) : text.test(last))
      const look = Effect.map(screen, (now) => {
        last = now
        return has() ? now : undefined
      })
      return waitFor({ what: `\`${text}\` on the screen`, atMost: "30 seconds" }, look).pipe(
        Effect.mapError(({ message }) => problem(`${message}; it shows:\n${last.trimEnd()}`)),
      )
    }
    yield* waitForScreen("$")
    const hasCursor = Effect.map(
      tmux("display-message", "-p", "#{cursor_flag}"),
      (flag) => flag.trim() === "1",
    )
    return {
      hasCursor,
      type: (text) => Effect.asVoid(tmux("send-keys", "-l", "--", text)),
      press: (...keys) => Effect.asVoid(tmux("send-keys", "--", ...keys)),
      paste: (text) =>
        Effect.asVoid(
          Effect.zipRight(tmux("set-buffer", "--", text), tmux("paste-buffer", "-p", "-d")),
        ),
      screen,
      waitForScreen,
      resize: (width, height) =>
        Effect.asVoid(tmux("resize-window", "-x", String(width), "-y", String(height))),
    }
  })
