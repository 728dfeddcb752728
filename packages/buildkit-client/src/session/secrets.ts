/** Secrets and ssh agents for the builds of a session; neither is stored or cached by the daemon. */
import { readFile } from "node:fs/promises"
import { connect } from "node:net"
import * as Redacted from "effect/Redacted"
import { answering, type Handlers } from "../grpc/server.ts"
import { rpcError } from "../grpc/status.ts"
import { BytesMessage, Empty } from "../wire/control.ts"
import { CheckAgentRequest, GetSecretRequest, GetSecretResponse } from "../wire/session.ts"

/** A value, or a file that is read when the build asks for it. The daemon takes just below 16 MiB. */
export type Secret = string | Uint8Array | Redacted.Redacted<string> | { readonly file: string }

/** By the id of `RUN --mount=type=secret,id=...`. */
export type Secrets = Readonly<Record<string, Secret>>

/** Paths of ssh agent sockets by the id of `RUN --mount=type=ssh`; `default` where it has none. */
export type SshAgents = Readonly<Record<string, string>>

const secretBytes = async (id: string, secret: Secret): Promise<Uint8Array> => {
  if (typeof secret === "string") return Buffer.from(secret)
  if (secret instanceof Uint8Array) return secret
  if (Redacted.isRedacted(secret)) return Buffer.from(Redacted.value(secret))
  try {
    return await readFile(secret.file)
  } catch {
    // Not "not found", which a step may go on without: it was given.
    throw rpcError("FAILED_PRECONDITION", `the file of secret ${id} cannot be read`)
  }
}

export const secretHandlers = (secrets: Secrets): Handlers => ({
  "/moby.buildkit.secrets.v1.Secrets/GetSecret": answering(
    GetSecretRequest,
    GetSecretResponse,
    async ({ id }) => {
      const secret = Object.hasOwn(secrets, id) ? secrets[id] : undefined
      if (secret === undefined) throw rpcError("NOT_FOUND", `secret ${id} not found`)
      return { data: await secretBytes(id, secret) }
    },
  ),
})

export const sshHandlers = (agents: SshAgents): Handlers => {
  const socketOf = (id: string): string => {
    const name = id === "" ? "default" : id
    const path = Object.hasOwn(agents, name) ? agents[name] : undefined
    if (path === undefined) throw rpcError("NOT_FOUND", `unset ssh forward key ${name}`)
    return path
  }
  return {
    "/moby.sshforward.v1.SSH/CheckAgent": answering(CheckAgentRequest, Empty, ({ id }) => {
      socketOf(id)
      return {}
    }),
    "/moby.sshforward.v1.SSH/ForwardAgent": async (call, metadata) => {
      const agent = connect(socketOf(metadata("buildkit.ssh.id")[0] ?? ""))
      const closed = new Promise<void>((resolve, reject) => {
        agent.on("close", () => resolve())
        agent.on("error", () => reject(rpcError("UNAVAILABLE", "the ssh agent does not answer")))
      })
      agent.on("data", (data: Buffer) => {
        try {
          const wait = call.send(BytesMessage.encode({ data }))
          if (wait === undefined) return
          agent.pause()
          wait.finally(() => agent.resume())
        } catch {
          // The call is over: nobody asks the agent any more.
          agent.destroy()
        }
      })
      call.over.addEventListener("abort", () => agent.destroy())
      const forward = async () => {
        for (;;) {
          const message = await call.receive()
          if (message === undefined) break
          agent.write(BytesMessage.decode(message).data)
        }
        agent.end()
      }
      await Promise.all([closed, forward().catch(() => agent.destroy())])
    },
  }
}
