/** The contract of a place where a job's image runs, whatever engine or cluster is behind it. */
import type { Failure } from "@relaunch/failure"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ExplainedEnd, RunExit } from "./end.ts"

export interface RunRequest {
  /** Id of the run, part of the container's name and labels. */
  readonly runId: string
  /** Image id or reference; it must be on the engine. */
  readonly image: string
  readonly platform: string | null
  /** In place of the image's own entry point; null keeps that. */
  readonly entryPoint: ReadonlyArray<string> | null
  /** Appended to the entry point. */
  readonly args: ReadonlyArray<string>
  /** Goes to the engine in the body of a request, never into an argument list. */
  readonly environment: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** `resource_args.local-container`, checked against the allow-list. */
  readonly resources: Readonly<Record<string, unknown>>
  /** `all`, a count, or `device=0,1`; null for none. */
  readonly gpus: string | null
}

export interface OutputPart {
  readonly stream: "stdout" | "stderr"
  readonly bytes: Uint8Array
}

export interface StartedRun {
  readonly containerId: string
  /** All output from the first byte, ends with the container. Interrupting it does not stop the run. */
  readonly output: Stream.Stream<OutputPart, Failure>
  readonly exit: Effect.Effect<RunExit, Failure>
  /**
   * The exit code as shells have it, why it ended so, and what to do next; to be asked when its output has
   * been read to the end.
   */
  readonly explain: (exit: RunExit) => Effect.Effect<ExplainedEnd, Failure>
  /**
   * SIGTERM, and SIGKILL when the grace is over. Returns when the container is down; false when it had
   * ended by itself.
   */
  readonly stop: (graceSeconds: number) => Effect.Effect<boolean, Failure>
}

export interface RunnerShape {
  readonly name: string
  /** Addresses of this host that containers reach, and the names they may use for it. */
  readonly hostAddress: Effect.Effect<HostAddress, Failure>
  /** Refuses unknown or unsafe wishes before anything is started. */
  readonly check: (wishes: Pick<RunRequest, "resources" | "gpus">) => Effect.Effect<void, Failure>
  /** Leaving the scope removes the container, running or not. */
  readonly start: (request: RunRequest) => Effect.Effect<StartedRun, Failure, Scope.Scope>
  /** Stops the container of a run that another process started; false when there is none. */
  readonly stopRun: (runId: string, graceSeconds: number) => Effect.Effect<boolean, Failure>
  /** Every container of this store that the engine has, running or not. */
  readonly containers: Effect.Effect<ReadonlyArray<OwnedContainer>, Failure>
  /** Running or not; false for one that is absent, or that another process is removing. */
  readonly remove: (containerId: string) => Effect.Effect<boolean, Failure>
}

export interface OwnedContainer {
  readonly id: string
  readonly runId: string
  /** The engine's word: `running`, `exited`, `created`. */
  readonly state: string
}

export interface HostAddress {
  /** Address the server must listen on besides loopback; null when loopback is enough. */
  readonly listen: string | null
  /** Host part of the URL that containers use. */
  readonly host: string
}

export class Runner extends Context.Tag("@relaunch/runner/Runner")<Runner, RunnerShape>() {}

/** On every container, so that leftovers are found by label and never by guess. */
export const runLabel = "dev.relaunch.run"
export const homeLabel = "dev.relaunch.home"
