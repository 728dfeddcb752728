/** A defect of the reference as data, and what shows that it is not one of ours. */
import type { Files } from "@relaunch/testing"
import type * as Effect from "effect/Effect"
import type { machine } from "../command.ts"

export type Machine = Effect.Effect.Success<typeof machine>

/** A command of ours, and what it answers where the reference goes wrong. */
export interface Call {
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly exit?: number
  readonly says: RegExp
}

export type Proof =
  /** Tried here, one after the other, in one folder of one machine. */
  | { readonly files?: Files; readonly calls: ReadonlyArray<Call>; readonly temporary?: "empty" }
  /** Commands whose answers differ here and do not there: images by their references. */
  | { readonly files?: Files; readonly differ: readonly [Call, Call]; readonly answer: RegExp }
  | { readonly files?: Files; readonly agree: readonly [Call, Call]; readonly answer: RegExp }
  | { readonly file: string; readonly title: string }

export interface Defect {
  readonly reference: string
  readonly ours: string
  readonly proofs: readonly [Proof, ...Array<Proof>]
}

export const main = { "main.py": "import sys\nprint(sys.argv[1:])\n" }

/** Flags of a launch or plan of the folder's code. */
export const code = ["--uri", ".", "-p", "demo", "-E", "python main.py"]
