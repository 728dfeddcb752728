/** What there is to check: types, lint, and the test files, in processes that run side by side. */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"

export interface Check {
  readonly name: string
  readonly command: ReadonlyArray<string>
  /** Where bun leaves its counts; a check without it counts as one. */
  readonly report?: string
  readonly needsRig: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Share of the rig's podman, of `allOfPodman`: where many use its storage at once, builds lose layers. */
  readonly podman: number
  /** Only some of its tests are wanted; the others are not skipped, but run elsewhere. */
  readonly isPart?: boolean
}

/** A test file that uses any of these needs what the rig brings, and gets a process of its own. */
const rigUsers = /\b(testRig|testEngine|gitRepository|terminal)\(|RELAUNCH_TEST_/

export const allOfPodman = 2

/** Those that build or remove images in the storage of the rig's podman. */
const podmanUsers =
  /with podman$|\/(?:builders|build-load|all-secrets|programs|inputs\/(?:contexts|dockerfiles|engines|registries|stores))\.test\.ts$|^tooling\/conformance\//
/** What takes images away under the hands of others. */
const podmanCleaners = /\/builder-prune\.test\.ts$/

/** The longest, which go first: begun last, one would hold up the end alone. */
const longest =
  /\/(?:build-faults|kills|rootless|sdk|conformance|builders|all-secrets|build-load|contexts|imports|benchmark|registries|waiting)\.test\.ts$|^the launch commands|^@buildkit-js/

/** For a test that names no limit of its own: more than bun's, because processes run side by side. */
const testMilliseconds = 30_000

const testFiles = (root: string): ReadonlyArray<string> =>
  [...new Bun.Glob("{packages,apps,tooling}/*/{src,test}/**/*.test.{ts,tsx}").scanSync(root)].sort()

const bunTest = (
  name: string,
  files: ReadonlyArray<string>,
  needsRig: boolean,
  reports: string,
): Check => {
  const report = join(reports, `${name.replaceAll(/[/ ]/g, "_")}.xml`)
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`]
  const paths = files.map((file) => `./${file}`)
  return {
    name,
    command: ["bun", "test", `--timeout=${testMilliseconds}`, ...reporter, ...paths],
    report,
    needsRig,
    podman: podmanCleaners.test(name) ? allOfPodman : podmanUsers.test(name) ? 1 : 0,
  }
}

/** All of the launch commands runs with each builder again, but for what names its builder itself. */
const ofEachBuilder = {
  files: [
    "again",
    "code",
    "ends",
    "git",
    "image",
    "json",
    "launch-configuration",
    "lfs",
    "mistakes",
    "quickstart",
    "standard-input",
  ].map((name) => `apps/cli/test/${name}.test.ts`),
  tests: ["^(?!.*with (?:docker|podman)$)"],
  /** Docker's are those that run with all the others. */
  builders: ["buildkit", "podman"],
}

/** What runs again with a dockerd 26, which has the containerd image store, the newest buildkitd, or a podman 5. */
const ofNewerDaemons = [
  {
    name: "@buildkit-js/client with buildkitd 0.34.2 and dockerd 26.1",
    files: [
      "build",
      "cache",
      "context",
      "early-end",
      "export",
      "layout",
      "options",
      "readme",
      "session",
      "token",
      "transfer",
      "transport",
    ].map((name) => `packages/buildkit-client/test/${name}.test.ts`),
    tests: [".*"],
  },
  {
    name: "the launch commands with dockerd 26.1",
    files: ["code", "image"].map((name) => `apps/cli/test/${name}.test.ts`),
    tests: ["the page's code command", "the page's image command"],
  },
  {
    name: "conformance of dockerd 26.1 and buildkitd 0.34.2",
    files: ["tooling/conformance/test/conformance.test.ts"],
    // What programs and copies leave.
    tests: [
      "^docker (?:copy|run|stages|workdir)",
      "^buildkit (?:copy|run|stages|workdir)",
      "the list of differences",
    ],
  },
  {
    name: "podman 5.4",
    files: [
      "apps/cli/test/builders.test.ts",
      "apps/cli/test/rootless.test.ts",
      "packages/runner/test/ends.test.ts",
      "tooling/conformance/test/conformance.test.ts",
    ],
    tests: [
      // The default Dockerfile has cache mounts; a user's run reaches the server by pasta.
      "^builder podman (?:builds, runs|leaves no process .* after SIGKILL)",
      "^rootless podman (?:builds and runs|that cannot make a network|has no process .* after SIGINT)",
      "^a run that ends, on podman, (?:without its program|at a folder|for want of memory)",
      "^podman (?:copy-heredoc|error-secret-missing|labels|run:|run-heredoc|run-mount-cache|run-mount-secret)",
    ],
  },
]

interface Again {
  readonly name: string
  readonly files: ReadonlyArray<string>
  /** Patterns of the names of the tests that are wanted; each must match one. */
  readonly tests: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

const again: ReadonlyArray<Again> = [
  ...ofEachBuilder.builders.map((builder) => ({
    ...ofEachBuilder,
    name: `the launch commands with ${builder}`,
    env: { RELAUNCH_TEST_BUILDER: builder },
  })),
  ...ofNewerDaemons.map((some) => ({ ...some, env: { RELAUNCH_TEST_DAEMONS: "newer" } })),
]

const checkAgain = ({ env, files, name, tests }: Again, reports: string): Check => {
  const check = bunTest(name, files, true, reports)
  const script = join(import.meta.dir, "named-tests-script.ts")
  const command = ["bun", script, check.report ?? "", ...tests, "--", ...check.command]
  return { ...check, command, env, isPart: true }
}

export const staticChecks: ReadonlyArray<Check> = [
  {
    name: "types",
    // All packages as one program: what `turbo run typecheck` says of each, in a tenth of its time.
    command: ["tsc", "--noEmit", "-p", "."],
    needsRig: false,
    podman: 0,
  },
  { name: "lint", command: ["biome", "check", "."], needsRig: false, podman: 0 },
]

const transpilers = {
  ".ts": new Bun.Transpiler({ loader: "ts" }),
  ".tsx": new Bun.Transpiler({ loader: "tsx" }),
}

/** Whether the file, or a helper beside it that it imports, uses the rig. */
const needsRig = (file: string, seen: ReadonlySet<string> = new Set()): boolean => {
  const text = readText(file)
  if (rigUsers.test(text)) return true
  return transpilers[file.endsWith(".tsx") ? ".tsx" : ".ts"]
    .scanImports(text.replace(/^#!.*/, ""))
    .filter(({ path }) => path.startsWith(".") && /\.tsx?$/.test(path))
    .map(({ path }) => join(dirname(file), path))
    .filter((path) => path.includes("/test/") && !seen.has(path))
    .some((path) => needsRig(path, new Set([...seen, file])))
}

/** Each file of integration tests in a process of its own; unit tests of a package in one process. */
export const testChecks = (root: string, reports: string): ReadonlyArray<Check> => {
  const files = testFiles(root)
  const needing = files.filter((file) => needsRig(join(root, file)))
  const byPackage = Map.groupBy(
    files.filter((file) => !needing.includes(file)),
    (file) => dirname(file).split("/").slice(0, 2).join("/"),
  )
  return [
    ...[
      ...again.map((some) => checkAgain(some, reports)),
      ...needing.map((file) => bunTest(file, [file], true, reports)),
    ].sort((a, b) => Number(longest.test(b.name)) - Number(longest.test(a.name))),
    ...[...byPackage].map(([name, its]) => bunTest(name, its, false, reports)),
  ]
}

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const attribute = (element: string, name: string): number =>
  Number(new RegExp(` ${name}="(\\d+)"`).exec(element)?.[1] ?? 0)

/** A process that failed without a failed test, as by a crash, counts as one failure. */
export const countsOf = (check: Check, code: number): Counts => {
  if (check.report === undefined) {
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  }
  const element = /<testsuites[^>]*>/.exec(readText(check.report))?.[0] ?? ""
  const [tests, failures, skipped] = ["tests", "failures", "skipped"].map((name) =>
    attribute(element, name),
  )
  const failed = (failures ?? 0) + attribute(element, "errors")
  return {
    passed: (tests ?? 0) - failed - (skipped ?? 0),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: check.isPart === true ? 0 : (skipped ?? 0),
  }
}

/** The text of a file, empty where there is none. */
const readText = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}
