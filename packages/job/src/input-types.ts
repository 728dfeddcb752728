/**
 * Whether a run's configuration fits the types that a job recorded of the run it was made from. The type
 * language is the released `wandb`'s (`wandb.sdk.data_types.helper_types`).
 */

export interface Misfit {
  /** `optimizer.lr` */
  readonly key: string
  readonly wanted: string
  readonly given: string
}

type Fields = Readonly<Record<string, unknown>>

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return "none"
  if (Array.isArray(value)) return "list"
  return typeof value === "object" ? "typedDict" : typeof value
}

const words: Readonly<Record<string, string>> = {
  number: "a number",
  string: "a text",
  boolean: "true or false",
  list: "a list",
  typedDict: "a map",
  none: "nothing",
}

/** Types that say nothing of what else would do: `None` is the usual default of an option. */
const open = new Set(["none", "unknown", "invalid", "pythonObject"])

const misfitOf = (type: unknown, value: unknown, key: string): Misfit | undefined => {
  const { params, wb_type: name } = fields(type)
  if (typeof name !== "string" || open.has(name) || value === null) return undefined
  if (name === "union") {
    const allowed = fields(params)["allowed_types"]
    const types: ReadonlyArray<unknown> = Array.isArray(allowed) ? allowed : []
    const misfits = types.map((each) => misfitOf(each, value, key))
    return misfits.includes(undefined) ? undefined : misfits[0]
  }
  const given = kindOf(value)
  if (words[name] !== undefined && name !== given) {
    return { key, wanted: words[name], given: words[given] ?? given }
  }
  if (name === "typedDict") return misfitIn(type, fields(value), key)
  if (name === "list" && Array.isArray(value)) {
    const element = fields(params)["element_type"]
    return value
      .map((item, at) => misfitOf(element, item, `${key}[${at}]`))
      .find((misfit) => misfit !== undefined)
  }
  return undefined
}

const misfitIn = (type: unknown, values: Fields, place: string): Misfit | undefined => {
  const types = fields(fields(fields(type)["params"])["type_map"])
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(types, name)) continue
    const found = misfitOf(types[name], value, place === "" ? name : `${place}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The first value of another kind than the job's `typedDict` has for its key. Keys that the job does not
 * know, and ones that are left out, fit: the program has its own defaults.
 */
export const inputMisfit = (types: unknown, config: Fields): Misfit | undefined =>
  misfitIn(types, config, "")
