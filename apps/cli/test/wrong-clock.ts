/** The command on a machine whose clock is wrong; its own libraries and programs see that clock too. */
import { relaunchExecutable } from "@relaunch/testing"

/** Off by `-3y`, `+2y`, or beginning at `@2038-01-20 03:00:00`, as faketime writes it. */
export const withClock = (offset: string): ReadonlyArray<string> => [
  ...["faketime", "-f", offset, relaunchExecutable],
]
