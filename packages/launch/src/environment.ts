/**
 * The variables a launched container gets. Source: the reference's environment contract
 * (`get_env_vars_dict` of the released `wandb`), order included.
 */

export interface RunEnvironment {
  readonly baseUrl: string
  readonly apiKey: string
  readonly entity: string
  readonly project: string
  readonly runId: string
  readonly runName: string
  /** `entity/project/name:vN` */
  readonly job: string
  /** Name of the image for image jobs. */
  readonly image: string | undefined
  readonly config: Readonly<Record<string, unknown>>
  /** The user's own; wins over everything above. */
  readonly extra: Readonly<Record<string, string>>
}

/** Characters a single variable may hold before it is split into `NAME_0`, `NAME_1`, ... */
const longestVariable = 32_670

const split = (name: string, text: string): Readonly<Record<string, string>> => {
  if (text.length <= longestVariable) return { [name]: text }
  const parts = Math.ceil(text.length / longestVariable)
  return Object.fromEntries(
    Array.from({ length: parts }, (_, index) => [
      `${name}_${index}`,
      text.slice(index * longestVariable, (index + 1) * longestVariable),
    ]),
  )
}

export const runEnvironment = (run: RunEnvironment): Readonly<Record<string, string>> => ({
  WANDB_BASE_URL: run.baseUrl,
  WANDB_API_KEY: run.apiKey,
  // Lower case, as the reference writes it; the server does not tell project names apart by case.
  WANDB_PROJECT: run.project.toLowerCase(),
  WANDB_ENTITY: run.entity,
  WANDB_LAUNCH: "True",
  WANDB_RUN_ID: run.runId,
  ...(run.image === undefined ? {} : { WANDB_DOCKER: run.image }),
  WANDB_NAME: run.runName,
  WANDB_USERNAME: run.entity,
  ...split("WANDB_CONFIG", JSON.stringify(run.config)),
  WANDB_ARTIFACTS: JSON.stringify({ _wandb_job: run.job }),
  ...run.extra,
})

export const mask = "***"

const looksSecret = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)/i

const loginInUrl = /(\w:\/\/)[^/\s@"']+@/g

/** What may be shown: values of secrets, keys and anything named like one are hidden. */
export const maskedEnvironment = (
  environment: Readonly<Record<string, string>>,
  secretNames: ReadonlyArray<string>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      secretNames.includes(name) || looksSecret.test(name)
        ? mask
        : value.replace(loginInUrl, `$1${mask}@`),
    ]),
  )
