/** What a caller says of a connection and is told of it; apart from what makes one, which takes time to load. */
import * as Data from "effect/Data"

/** Nothing that speaks BuildKit answered at the address. */
export class ConnectError extends Data.TaggedError("ConnectError")<{
  readonly address: string
  readonly reason: string
  /**
   * `permission`: it is there and not for this user; `silent`: it accepted and said nothing in time; `tls`: one
   * side does not take the other's certificate, or has none; `missing`: the program of `command` is not installed;
   * `program`: it cannot be run, or ended.
   */
  readonly kind?: "missing" | "permission" | "program" | "silent" | "tls"
  /** Whose stdin and stdout were to be the connection. */
  readonly command?: ReadonlyArray<string>
}> {
  override get message(): string {
    return `Could not connect to \`${this.address}\`: ${this.reason}`
  }
}

/** PEM texts. The server's certificate is checked against `authority` or the system's. */
export interface TlsOptions {
  readonly authority?: string
  readonly certificate?: string
  readonly key?: string
  /** When the certificate is for another name than the address has. */
  readonly serverName?: string
  /** `false` takes any certificate of the server. */
  readonly verify?: boolean
}
