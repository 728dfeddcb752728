/** The transfer of a large context to a BuildKit daemon, beside BuildKit's own client. */
import { rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { output, type Problem } from "@relaunch/local-engine"
import { writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type Bench, compiled, program } from "./bench.ts"
import { type Comparison, timesOther } from "./comparison.ts"
import type { Subject } from "./measure.ts"
import { writeTree } from "./tree.ts"

const changedFile = "src/d0/f0"

/**
 * One tree under two names, so that neither finds what the other sent; under other names again, the daemon
 * has nothing of it.
 */
const trees = (bench: Bench, name: string) => {
  let times = 0
  let current = join(bench.folder, `${name}-0`)
  const write = Effect.zipRight(
    writeFiles(current, { Dockerfile: "FROM scratch\nCOPY src /src\n" }),
    writeTree(join(current, "src"), bench.sizes.files, bench.sizes.fileSize),
  )
  return {
    write,
    path: () => current,
    renamed: Effect.promise(async () => {
      times += 1
      const next = join(bench.folder, `${name}-${times}`)
      await rename(current, next)
      current = next
    }),
    changed: (turn: number) =>
      Effect.promise(() => writeFile(join(current, changedFile), `${name} ${turn} ${Date.now()}`)),
  }
}

export const contextComparisons = (
  bench: Bench,
): Effect.Effect<ReadonlyArray<Comparison>, Problem> =>
  Effect.gen(function* () {
    const { buildkit } = bench.rig
    const { files, fileSize } = bench.sizes
    const send = yield* compiled(bench, "send-script.ts")
    const [ours, theirs] = [trees(bench, "ours"), trees(bench, "theirs")]
    yield* ours.write
    yield* theirs.write
    const sendOurs = () => program(bench, [send, buildkit.host, ours.path()])
    const buildctl = () => [
      ...[buildkit.buildctl, "--addr", buildkit.host, "build", "--frontend", "dockerfile.v0"],
      ...["--local", `context=${theirs.path()}`, "--local", `dockerfile=${theirs.path()}`],
    ]
    const sendTheirs = () => program(bench, buildctl())
    // Whatever of the two is chosen first, the daemon knows both trees after that.
    yield* output(sendOurs().words)
    yield* output(buildctl())
    const subjects = (
      prepare: (tree: typeof ours, turn: number) => Effect.Effect<void>,
    ): ReadonlyArray<Subject> => [
      {
        name: "@buildkit-js/client",
        prepare: (turn) => prepare(ours, turn),
        command: sendOurs,
      },
      { name: "buildctl", prepare: (turn) => prepare(theirs, turn), command: sendTheirs },
    ]
    const size = `${files} files, ${(files * fileSize) / 1e6} MB`
    return [
      {
        what: `send ${size}, unchanged`,
        aim: timesOther("less than buildctl", 1),
        subjects: subjects(() => Effect.void),
      },
      {
        what: `send ${size}, one file changed`,
        aim: timesOther("less than buildctl", 1),
        subjects: subjects((tree, turn) => tree.changed(turn)),
      },
      {
        what: `send ${size}, first`,
        aim: timesOther("at most 1.1 times buildctl", 1.1),
        mostTurns: 3,
        subjects: subjects((tree) => tree.renamed),
      },
    ]
  })
