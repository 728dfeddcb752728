/**
 * `POST /grpc` and `POST /session` of a Docker engine: HTTP/1.1 requests after whose answer the
 * connection is a plain byte stream (Docker Engine API, "Initialize interactive session"). `fetch` has no
 * such thing.
 */
import { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import { ConnectError } from "./connect-error.ts"

export type HeaderFields = ReadonlyArray<readonly [name: string, value: string]>

const largestHead = 64 << 10

/** `early` are bytes that came behind the answer's head and belong to the stream. */
const continued = (inner: Duplex, early: Buffer): Duplex => {
  const stream: Duplex = new Duplex({
    read: () => {
      inner.resume()
    },
    write: (chunk: Buffer, _encoding, done) => {
      if (inner.destroyed) done(new Error("connection is closed"))
      else inner.write(chunk, (error) => done(error ?? null))
    },
    writev: (chunks, done) => {
      const all = Buffer.concat(chunks.map(({ chunk }) => chunk))
      if (inner.destroyed) done(new Error("connection is closed"))
      else inner.write(all, (error) => done(error ?? null))
    },
    final: (done) => {
      inner.end(() => done())
    },
    destroy: (error, done) => {
      inner.destroy()
      done(error)
    },
  })
  if (early.length > 0) stream.push(early)
  inner.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) inner.pause()
  })
  inner.on("end", () => stream.push(null))
  inner.on("error", (error) => stream.destroy(error))
  inner.on("close", () => {
    if (!stream.destroyed) stream.destroy()
  })
  inner.resume()
  return stream
}

const refusal = (status: string, body: string): string => {
  const [code = "", ...words] = status.split(" ").slice(1)
  const said = /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]
  return `the engine does not offer it (HTTP ${code} ${said ?? words.join(" ")})`
}

/** The stream of HTTP/2 bytes behind the engine's `path`. */
export const upgraded = (
  inner: Duplex,
  address: string,
  path: "/grpc" | "/session",
  fields: HeaderFields = [],
): Effect.Effect<Duplex, ConnectError> =>
  Effect.async((resume) => {
    const fail = (reason: string) =>
      resume(Effect.fail(new ConnectError({ address, reason: `\`${path}\`: ${reason}` })))
    let head = Buffer.alloc(0)
    const settle = () => {
      inner.off("data", onData)
      inner.off("end", onEnd)
      inner.off("close", onEnd)
      inner.off("error", onError)
      inner.pause()
    }
    const onError = (error: Error) => {
      settle()
      if (error instanceof ConnectError) resume(Effect.fail(error))
      else fail(error.message)
    }
    const onEnd = () => {
      settle()
      fail("the engine closed the connection")
    }
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf("\r\n\r\n")
      if (end < 0) {
        if (head.length > largestHead) onEnd()
        return
      }
      const [status = ""] = head.subarray(0, end).toString("latin1").split("\r\n")
      const rest = Buffer.from(head.subarray(end + 4))
      settle()
      if (/^HTTP\/1\.[01] 101 /.test(status)) resume(Effect.succeed(continued(inner, rest)))
      else fail(refusal(status, rest.toString()))
    }
    inner.on("data", onData)
    inner.on("end", onEnd)
    inner.on("close", onEnd)
    inner.on("error", onError)
    const all: HeaderFields = [
      ["Host", "docker"],
      ["Connection", "Upgrade"],
      ["Upgrade", "h2c"],
      ...fields,
    ]
    const unsafe = all.some(([, value]) => /[\r\n]/.test(value))
    if (unsafe) fail("a header has a line break in it")
    else {
      const lines = [`POST ${path} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`)]
      inner.write(`${lines.join("\r\n")}\r\n\r\n`)
    }
    return Effect.sync(() => inner.destroy())
  })
