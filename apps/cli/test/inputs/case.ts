/** A bad input as data, and what one try of it leads to. */
import type { FailureCode } from "@relaunch/failure"
import type { Files } from "@relaunch/testing"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { builders, machine } from "../command.ts"

export type BuilderName = keyof typeof builders

export interface Place extends Effect.Effect.Success<typeof machine> {
  /** A new folder with the case's files; the command starts there. */
  readonly folder: string
}

/** How the command is called, as far as the case does not say it for all. */
export interface Attempt {
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
  /** In place of the command itself, as where another user calls it. */
  readonly program?: ReadonlyArray<string>
  /** RELAUNCH_HOME, where it is not the place's own. */
  readonly store?: string
}

export interface Refusal {
  readonly code: FailureCode
  readonly message: string | RegExp
  readonly hint: RegExp
}

/** The input is taken; what is said of it on standard error. */
export interface Acceptance {
  readonly says: RegExp
  /** 1 where the program's own run fails; 0 by default. */
  readonly status?: number
}

export interface BadInput {
  readonly title: string
  /** The first alone where the builder does not matter, which is the rule. */
  readonly builders?: ReadonlyArray<BuilderName>
  readonly files?: Files
  readonly args: ReadonlyArray<string>
  /** What files and flags alone cannot bring about. */
  readonly setUp?: (place: Place) => Effect.Effect<Attempt, unknown, Scope.Scope>
  readonly answer: Refusal | Acceptance
  /** Jobs and runs that the try stored: a launch that fails in its build has stored its job. */
  readonly stored?: { readonly jobs?: number; readonly runs?: number }
  /** The reference is known to do wrong here. */
  readonly reference?: true
  readonly env?: Readonly<Record<string, string | undefined>>
}

export const threeBuilders: ReadonlyArray<BuilderName> = ["docker", "buildkit", "podman"]

export const main = { "main.py": "print(1)\n" }

/** Flags of a launch of the folder's code. */
export const code = ["--uri", ".", "-p", "demo", "-E", "python main.py"]

/** Makes the job `code-x` of a folder. */
export const createCode = (folder: string): ReadonlyArray<string> => [
  ...["job", "create", "code", folder, "-p", "demo", "-n", "x", "-E", "python main.py"],
]
