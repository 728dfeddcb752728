/** Nothing is called that a command did not ask for: no telemetry, no look for updates. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, relaunchExecutable, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, machine } from "./command.ts"

/**
 * A network of its own whose every route, also that to a name server, ends at a link at whose other end is nobody.
 * Links count what is sent. The engine is reached by its socket file, as outside.
 */
const apart = `
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
set -e
ip link set lo up
ip link add trap type veth peer name far
ip link set far up
ip address add 198.51.100.1/24 dev trap
ip link set trap up
ip route add default via 198.51.100.2
set +e
"$@"
status=$?
cat /proc/net/dev > "$HOME/links"
exit $status`

const sentIn = (links: string): number =>
  links
    .split("\n")
    .flatMap((line) => (/^\s*(?:lo|trap):/.test(line) ? [line.trim().split(/\s+/)] : []))
    .reduce((sum, words) => sum + Number(words[10]), 0)

const place = Effect.gen(function* () {
  const { home, relaunch } = yield* machine
  yield* writeFiles(home, { "code/main.py": "print(1)\n" })
  const sent = (words: string, env: Readonly<Record<string, string>> = {}) =>
    Effect.map(
      relaunch(words.split(" "), {
        cwd: home,
        env: { ...builders.docker.env, RELAUNCH_BUILDER: "docker", ...env },
        program: ["unshare", "--net", "sh", "-c", apart, "sh", relaunchExecutable],
      }),
      ({ code }) => ({ code, sent: sentIn(fs.readFileSync(join(home, "links"), "utf8")) }),
    )
  return { sent }
})

describe("on the network", () => {
  liveEffect("nothing is sent by a command that needs none", () =>
    Effect.gen(function* () {
      const { sent } = yield* place
      for (const words of [
        "--help",
        "version",
        "config show",
        "builder list",
        "job create code code -p demo -n x -E main.py",
        "job list",
        "run list",
        "plan --job demo/x --builder docker",
        "store check",
        "clean --dry-run",
      ]) {
        expect([words, yield* sent(words)]).toEqual([words, { code: 0, sent: 0 }])
      }
    }),
  )

  liveEffect("that is seen where a command does send", () =>
    Effect.gen(function* () {
      const { sent } = yield* place
      const found = yield* sent("plan --uri https://198.51.100.9/x.git -p demo -E main.py", {
        RELAUNCH_GIT_TIMEOUT: "1",
      })
      expect(found.code).not.toBe(0)
      expect(found.sent).toBeGreaterThan(0)
    }),
  )
})
