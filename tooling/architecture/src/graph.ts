/**
 * Which package may use which: the one place to change when that changes. A package
 * uses packages of lower levels only. `tests` names what its tests use besides.
 */
export interface Place {
  readonly level: number
  /** Names after `@relaunch/`, or whole where they are others; exactly the `dependencies` of its package.json. */
  readonly uses: ReadonlyArray<string>
  /** Exactly the `devDependencies`. */
  readonly tests?: ReadonlyArray<string>
}

export const graph: Readonly<Record<string, Place>> = {
  // Tooling stands below all packages, so that the tests of each can use it.
  "local-engine": { level: 0, uses: [] },
  testing: { level: 1, uses: ["local-engine"] },
  architecture: { level: 0, uses: [] },

  failure: { level: 2, uses: [], tests: ["testing"] },
  // Published under its own name: nothing of `@relaunch/` may be in it.
  "@buildkit-js/client": { level: 2, uses: [], tests: ["testing"] },

  lock: { level: 3, uses: ["failure"], tests: ["testing"] },
  job: { level: 3, uses: ["failure"], tests: ["testing"] },
  config: { level: 3, uses: ["failure"], tests: ["testing"] },
  engine: { level: 4, uses: ["failure", "lock"], tests: ["testing"] },
  dockerfile: { level: 3, uses: ["failure"], tests: ["testing"] },
  build: { level: 3, uses: ["@buildkit-js/client", "failure"], tests: ["testing"] },

  store: { level: 4, uses: ["failure", "job", "lock"] },
  runner: { level: 5, uses: ["engine", "failure"], tests: ["testing"] },
  source: { level: 5, uses: ["build", "engine", "failure", "lock"], tests: ["testing"] },
  "builder-buildkit": {
    level: 5,
    uses: ["@buildkit-js/client", "build", "engine", "failure", "lock"],
  },
  "builder-docker": {
    level: 6,
    uses: ["build", "builder-buildkit", "engine", "failure"],
    tests: ["testing"],
  },

  "builder-podman": { level: 7, uses: ["build", "builder-docker", "engine"] },
  // An example, which only tests use.
  "builder-command": {
    level: 7,
    uses: ["build", "builder-buildkit", "builder-docker", "engine", "failure"],
  },
  server: { level: 5, uses: ["failure", "store"] },

  launch: {
    level: 7,
    uses: [
      "build",
      "dockerfile",
      "engine",
      "failure",
      "job",
      "lock",
      "runner",
      "server",
      "source",
      "store",
    ],
  },

  cli: {
    level: 8,
    uses: [
      "build",
      "builder-buildkit",
      "builder-docker",
      "builder-podman",
      "config",
      "engine",
      "failure",
      "launch",
      "lock",
      "runner",
      "server",
      "source",
      "store",
    ],
    tests: ["testing"],
  },

  benchmark: {
    level: 8,
    uses: ["@buildkit-js/client", "job", "local-engine", "store", "testing"],
  },

  // Chooses backends as an app does, and builds with all of them.
  conformance: {
    level: 8,
    uses: [
      "build",
      "builder-buildkit",
      "builder-docker",
      "builder-podman",
      "dockerfile",
      "engine",
      "failure",
      "local-engine",
      "testing",
    ],
  },
}

/** What a builder backend is called; only `apps/*` and `tooling/*` may choose one. */
export const isBackend = (name: string): boolean => name.startsWith("builder-")

export const longestFile = 300
