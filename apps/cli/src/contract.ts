/** What the parser hands to a command, and what a command comes to. */
import type { Failure } from "@relaunch/failure"
import type * as Effect from "effect/Effect"

/** What the parser found: only what was typed, no defaults. */
export type Flags = Readonly<Record<string, unknown>>

/** The exit status. Everything else has been printed by then. */
export type CommandEffect = Effect.Effect<number, Failure>
