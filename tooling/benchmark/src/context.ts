/** The transfer of a large context to a BuildKit daemon, beside BuildKit's own client. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { output, type Problem } from "@relaunch/local-engine"
import { writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Bench, compiled, program } from "./bench.ts"
import { ownBuildkitd } from "./buildkitd.ts"
import { type Comparison, memoryOverOther, timesOther } from "./comparison.ts"
import type { Subject } from "./measure.ts"
import { writeTree } from "./tree.ts"

export const contextComparisons = (
  bench: Bench,
): Effect.Effect<ReadonlyArray<Comparison>, Problem, Scope.Scope> =>
  Effect.gen(function* () {
    const { buildctl } = bench.rig.buildkit
    const { files, fileSize } = bench.sizes
    const send = yield* compiled(bench, "send-script.ts")
    const address = yield* ownBuildkitd(bench)
    const tree = (name: string) => join(bench.folder, name)
    const ours = [send, address, tree("ours")]
    const theirs = [
      ...[buildctl, "--addr", address, "build", "--frontend", "dockerfile.v0"],
      ...["--local", `context=${tree("theirs")}`, "--local", `dockerfile=${tree("theirs")}`],
    ]
    for (const name of ["ours", "theirs"]) {
      yield* writeFiles(tree(name), { Dockerfile: "FROM scratch\nCOPY src /src\n" })
      yield* writeTree(join(tree(name), "src"), files, fileSize)
    }
    // Both trees are known to the daemon, whatever is compared first.
    yield* output(ours)
    yield* output(theirs)
    const subjects = (
      prepare: (name: string) => Effect.Effect<unknown, Problem>,
    ): ReadonlyArray<Subject> => [
      {
        name: "@buildkit-js/client",
        prepare: () => Effect.asVoid(prepare("ours")),
        command: () => program(bench, ours),
      },
      {
        name: "buildctl",
        prepare: () => Effect.asVoid(prepare("theirs")),
        command: () => program(bench, theirs),
      },
    ]
    const sentThrice = [send, address, tree("thrice")]
    yield* writeFiles(tree("thrice"), { Dockerfile: "FROM scratch\nCOPY src /src\n" })
    yield* writeTree(join(tree("thrice"), "src"), files, 3 * fileSize)
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
        subjects: subjects((name) =>
          Effect.promise(() => writeFile(join(tree(name), "src/d0/f0"), crypto.randomUUID())),
        ),
      },
      {
        what: `send ${size}, first`,
        aim: timesOther("at most 1.1 times buildctl", 1.1),
        mostTurns: 3,
        subjects: subjects(() => output([buildctl, "--addr", address, "prune", "--all"])),
      },
      {
        what: `send ${size}, beside three times the bytes`,
        // As much garbage as the collector lets lie.
        aim: memoryOverOther("flat memory: at most 90 MB more for three times the bytes", 90e6),
        mostTurns: 2,
        subjects: [
          {
            name: "@buildkit-js/client, three times the bytes",
            prepare: () => Effect.asVoid(output([buildctl, "--addr", address, "prune", "--all"])),
            command: () => program(bench, sentThrice),
          },
          {
            name: "@buildkit-js/client",
            prepare: () => Effect.asVoid(output([buildctl, "--addr", address, "prune", "--all"])),
            command: () => program(bench, ours),
          },
        ],
      },
    ]
  })
