/** How a run ended, in words: what happened and what to do next. Decides from plain values alone. */

export interface RunExit {
  /** The engine's. */
  readonly exitCode: number
  /** The engine killed it at its memory limit. */
  readonly outOfMemory: boolean
  /** The engine's own words when the first program could not be started; empty otherwise. */
  readonly error: string
}

export interface EndContext {
  /** The last of what it printed, where the first program's own trouble stands. */
  readonly lastOutput: string
  /** It was given a memory limit. Not every engine notices who is killed at it. */
  readonly memoryLimited: boolean
  /** `linux/amd64`; of the image and of the engine. */
  readonly platforms: { readonly image: string; readonly engine: string }
}

export interface EndReason {
  /** One line; null where the exit code says it all. */
  readonly reason: string | null
  /** What to do next, an imperative sentence; null where only the log can tell. */
  readonly hint: string | null
}

export interface ExplainedEnd extends EndReason {
  readonly exitCode: number
}

/** What the signals that end programs are called, and what they mean for a run. */
const signals: Readonly<Record<number, readonly [name: string, hint: string]>> = {
  1: ["SIGHUP", "Something outside the run ended it; launch it again"],
  2: ["SIGINT", "Something outside the run interrupted it; launch it again"],
  4: [
    "SIGILL",
    "A library was built for a newer processor than this one; install one built for this machine",
  ],
  6: ["SIGABRT", "A library gave up; its last words are in the log"],
  7: [
    "SIGBUS",
    'Shared memory may be too small for its data loaders; give it more with `-R \'{"shm-size": "2g"}\'`',
  ],
  9: [
    "SIGKILL",
    "Something outside the run ended it: the kernel when the machine ran out of memory, or a person",
  ],
  11: [
    "SIGSEGV",
    "A native library crashed; launch again with `--env PYTHONFAULTHANDLER=1` to see where",
  ],
  15: ["SIGTERM", "Something outside the run stopped it; launch it again"],
}

const otherPlatform = ({ engine, image }: EndContext["platforms"]): boolean =>
  image !== "" && engine !== "" && image.split("/")[1] !== engine.split("/")[1]

const wrongFormat = (platforms: EndContext["platforms"]): EndReason =>
  otherPlatform(platforms)
    ? {
        reason: `the image is built for ${platforms.image}, and this engine runs ${platforms.engine}`,
        hint: "Launch without `--platform`, or use an image built for this machine",
      }
    : {
        reason: "the entry point is no program that this machine can run (exec format error)",
        hint: "Begin a script with a line such as `#!/bin/sh`, or start it with its interpreter",
      }

const moreMemory =
  'Give it more with `-R \'{"memory": "8g"}\'`, or let it use less, as by a smaller batch'

/** `exec /x: exec format error`, `exec x failed: Exec format error` */
const hasWrongFormat = (text: string): boolean => /exec format error/i.test(text)

/** The program for podman's networks that is not there, in its words, if they say so. */
export const missingNetwork = (message: string): string | undefined =>
  /exec: "(slirp4netns|pasta)": executable file not found/.exec(message)?.[1]

/** Words of runc and crun. What podman adds of each, as "OCI permission denied", is said of other faults as well. */
const noProgram =
  /executable file .*not found|exec: ".*": (?:stat .*: )?no such file or directory|open executable: no such file/i
const noExecutable =
  /exec: ".*": (?:stat .*: )?(?:permission denied|is a directory|not a directory)|open executable: permission denied|the path `.*` (?:exists but it is not executable|is not a regular file)|cannot open `.*`: not a directory/i

/**
 * The exit code of a program that could not be started, as shells have it. Engines with a first process of
 * their own start the container and end so; the others refuse to start it, in the words of their runtime.
 */
export const exitOfRefused = (message: string): 126 | 127 | undefined => {
  if (missingNetwork(message) !== undefined) return undefined
  return noProgram.test(message) ? 127 : noExecutable.test(message) ? 126 : undefined
}

/** All that catatonit says, podman's first process, which ends with 1 where it cannot start the program. */
const notStarted = /^ERROR \(catatonit:\d+\): failed to exec pid1: (.+)\n?$/

/** The exit code as shells have it, whatever the engine's first process makes of a program that does not start. */
export const exitCodeOf = (exitCode: number, lastOutput: string): number => {
  const said = exitCode === 1 ? notStarted.exec(lastOutput)?.[1] : undefined
  if (said === undefined || hasWrongFormat(said)) return exitCode
  return /^No such file/.test(said) ? 127 : 126
}

export const explainEnd = (
  { error, exitCode, outOfMemory }: RunExit,
  { lastOutput, memoryLimited, platforms }: EndContext,
): EndReason => {
  if (exitCode !== 0 && hasWrongFormat(`${error}\n${lastOutput}`)) return wrongFormat(platforms)
  if (outOfMemory) {
    return {
      reason: "out of memory: the engine killed it at its memory limit",
      hint: moreMemory,
    }
  }
  if (exitCode === 137 && memoryLimited) {
    return { reason: "ended by SIGKILL, as happens at a memory limit", hint: moreMemory }
  }
  if (error !== "") return { reason: error, hint: null }
  if (exitCode > 128 && exitCode < 160) {
    const number = exitCode - 128
    const [name, hint] = signals[number] ?? [`signal ${number}`, null]
    return { reason: `ended by ${name}`, hint }
  }
  if (exitCode === 127) {
    return {
      reason: "the entry point, or a program that it starts, was not found",
      hint: "Check the first word of `--entry-point`, and that the image has that program",
    }
  }
  if (exitCode === 126) {
    return {
      reason: "the entry point, or a program that it starts, may not be executed",
      hint: "Make it executable (`chmod +x`), or start it with its interpreter, as `python main.py`",
    }
  }
  return { reason: null, hint: null }
}
