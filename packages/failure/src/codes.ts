/**
 * Every expected failure has one stable code; the code alone decides the exit
 * status. This table is the contract with scripts: add to it, never renumber.
 */

/** Exit statuses of the `relaunch` command. */
export const exitCodes = {
  success: 0,
  runFailed: 1,
  usage: 2,
  source: 3,
  build: 4,
  engine: 5,
  store: 6,
  defect: 70,
  tryAgain: 75,
  timedOut: 124,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const

export const failureCodes = {
  E_RUN_FAILED: exitCodes.runFailed,

  E_USAGE: exitCodes.usage,
  E_CONFIG: exitCodes.usage,
  E_NAME: exitCodes.usage,
  E_INPUT_REQUIRED: exitCodes.usage,
  E_CONFIRM: exitCodes.usage,
  E_FORBIDDEN_OPTION: exitCodes.usage,
  E_SECRET_MISSING: exitCodes.usage,
  E_WARNING: exitCodes.usage,

  E_SOURCE_NOT_FOUND: exitCodes.source,
  E_SOURCE_UNREADABLE: exitCodes.source,
  E_SOURCE_TOO_LARGE: exitCodes.source,
  E_GIT_MISSING: exitCodes.source,
  E_GIT_URL: exitCodes.source,
  E_GIT_REF: exitCodes.source,
  E_GIT_AUTH: exitCodes.source,
  E_GIT: exitCodes.source,
  E_BUILD_CONTEXT: exitCodes.source,
  E_DOCKERFILE_NOT_FOUND: exitCodes.source,
  E_ENTRY_POINT: exitCodes.source,
  E_PROJECT_FILE: exitCodes.source,
  E_IMAGE_NAME: exitCodes.source,
  E_IMAGE_NOT_FOUND: exitCodes.source,
  E_REGISTRY_AUTH: exitCodes.source,

  E_BUILD: exitCodes.build,
  E_DEPENDENCY: exitCodes.build,
  E_DOCKERFILE: exitCodes.build,
  E_BUILDER_UNKNOWN: exitCodes.usage,

  E_ENGINE_UNREACHABLE: exitCodes.engine,
  E_ENGINE_PERMISSION: exitCodes.engine,
  E_ENGINE_HANGS: exitCodes.engine,
  E_ENGINE: exitCodes.engine,
  E_CONTAINER_START: exitCodes.engine,

  E_STORE: exitCodes.store,
  E_STORE_NEWER: exitCodes.store,
  E_STORE_DAMAGED: exitCodes.store,
  E_JOB_NOT_FOUND: exitCodes.store,
  E_JOB_INVALID: exitCodes.store,
  E_RUN_NOT_FOUND: exitCodes.store,
  E_ARTIFACT_NOT_FOUND: exitCodes.store,
  E_SERVER: exitCodes.store,
  E_PORT: exitCodes.store,
  E_OUTPUT: exitCodes.store,

  E_NETWORK: exitCodes.tryAgain,
  E_OPEN_FILES: exitCodes.tryAgain,
  E_TIMEOUT: exitCodes.timedOut,
  E_INTERRUPTED: exitCodes.interrupted,
  E_TERMINATED: exitCodes.terminated,
  E_DEFECT: exitCodes.defect,
} as const satisfies Record<`E_${string}`, number>

export type FailureCode = keyof typeof failureCodes

/** The line that people read first; the code at its end is the one that JSON has. */
export const errorLine = (code: FailureCode, message: string): string =>
  `error: ${message} [${code}]`
