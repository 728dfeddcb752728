/** A machine to reach by ssh: this one, through a real sshd on loopback that lets one key in. */
import { chmod } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { output, type Problem, searchPath, waitFor } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { temporaryFolder, writeFiles } from "./folder.ts"
import { loopbackPort } from "./loopback.ts"
import { isSshServer } from "./rig/git-servers.ts"

export interface SshServer {
  readonly port: number
  readonly user: string
  /** To stand first in PATH: an `ssh` with the user's settings, in which this machine is `builder`. */
  readonly programs: string
  /** The same for one who never was there. */
  readonly strangers: string
}

export interface SshServerOptions {
  /** Of the commands that are run there. */
  readonly environment?: Readonly<Record<string, string>>
  /** It asks for a password too, and takes none. */
  readonly asksPassword?: boolean
}

/** It listens by itself later. */
const freePort = Effect.scoped(Effect.suspend(() => loopbackPort(createServer())))

export const sshServer = ({
  asksPassword = false,
  environment = {},
}: SshServerOptions = {}): Effect.Effect<SshServer, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder()
    const at = (name: string) => join(folder, name)
    for (const key of ["host", "user"]) {
      yield* output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at(key)])
    }
    const port = yield* freePort
    const user = (yield* output(["id", "-un"])).trim()
    const variables = Object.entries(environment).map(([name, value]) => `"${name}=${value}"`)
    const hostKey = (yield* output(["cat", at("host.pub")])).trim()
    const login = asksPassword
      ? ["PubkeyAuthentication no", "PasswordAuthentication yes", "AllowUsers nobody-at-all"]
      : ["PasswordAuthentication no", `AllowUsers ${user}`]
    const settings = [
      ...["Host builder", "HostName 127.0.0.1", `Port ${port}`, `User ${user}`, "Host *"],
      ...[`IdentityFile ${at("user")}`, "IdentitiesOnly yes", "StrictHostKeyChecking ask"],
    ]
    const program = (name: string) => `#!/bin/sh\nexec /usr/bin/ssh -F '${at(name)}' "$@"\n`
    yield* writeFiles(folder, {
      "sshd.conf": [
        ...["ListenAddress 127.0.0.1", `Port ${port}`, `HostKey ${at("host")}`, "PidFile none"],
        ...[`AuthorizedKeysFile ${at("user.pub")}`, "StrictModes no", "UsePAM no", "UseDNS no"],
        ...["PermitRootLogin yes", "KbdInteractiveAuthentication no", ...login],
        ...(variables.length === 0 ? [] : [`SetEnv ${variables.join(" ")}`]),
      ].join("\n"),
      known: `[127.0.0.1]:${port} ${hostKey}\n`,
      "known.conf": [...settings, `UserKnownHostsFile ${at("known")}`].join("\n"),
      "strange.conf": [...settings, "UserKnownHostsFile /dev/null"].join("\n"),
      "programs/ssh": program("known.conf"),
      "strangers/ssh": program("strange.conf"),
    })
    for (const name of ["programs", "strangers"]) {
      yield* Effect.promise(() => chmod(join(folder, name, "ssh"), 0o755))
    }
    const sshd = Bun.which("sshd", { PATH: searchPath() }) ?? "sshd"
    const command = [sshd, "-D", "-e", "-f", at("sshd.conf")]
    yield* Effect.acquireRelease(
      Effect.sync(() => Bun.spawn(command, { stdio: ["ignore", "ignore", "ignore"] })),
      (child) =>
        Effect.promise(async () => {
          child.kill()
          await child.exited
        }),
    )
    const isUp = Effect.map(isSshServer(port), (is) => is || undefined)
    yield* waitFor({ what: "sshd", atMost: "20 seconds", every: "20 millis" }, isUp)
    return { port, user, programs: at("programs"), strangers: at("strangers") }
  })
