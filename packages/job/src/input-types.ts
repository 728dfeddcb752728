/**
 * Whether a run's configuration fits the types that a job recorded of the run it was made from. The type
 * language is the released `wandb`'s (`wandb.sdk.data_types.helper_types`).
 */

export interface Misfit {
  /** `optimizer.lr` */
  readonly key: string
  /** `["optimizer", "lr"]`; items of a list by their index. */
  readonly path: ReadonlyArray<string | number>
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

type Path = Misfit["path"]

/** `["tags", 1]` to `tags[1]` */
const keyOf = (path: Path): string =>
  path.reduce<string>(
    (key, step) =>
      typeof step === "number" ? `${key}[${step}]` : key === "" ? step : `${key}.${step}`,
    "",
  )

const misfitsOf = (type: unknown, value: unknown, path: Path): ReadonlyArray<Misfit> => {
  const { params, wb_type: name } = fields(type)
  if (typeof name !== "string" || open.has(name) || value === null) return []
  if (name === "union") {
    const allowed = fields(params)["allowed_types"]
    const types: ReadonlyArray<unknown> = Array.isArray(allowed) ? allowed : []
    const misfits = types.map((each) => misfitsOf(each, value, path))
    return misfits.some(({ length }) => length === 0) ? [] : (misfits[0] ?? [])
  }
  const given = kindOf(value)
  if (words[name] !== undefined && name !== given) {
    return [{ key: keyOf(path), path, wanted: words[name], given: words[given] ?? given }]
  }
  if (name === "typedDict") return misfitsIn(type, fields(value), path)
  if (name === "list" && Array.isArray(value)) {
    const element = fields(params)["element_type"]
    return value.flatMap((item, at) => misfitsOf(element, item, [...path, at]))
  }
  return []
}

const misfitsIn = (type: unknown, values: Fields, place: Path): ReadonlyArray<Misfit> => {
  const types = fields(fields(fields(type)["params"])["type_map"])
  return Object.entries(values).flatMap(([name, value]) =>
    Object.hasOwn(types, name) ? misfitsOf(types[name], value, [...place, name]) : [],
  )
}

/**
 * All values of another kind than the job's `typedDict` has for their keys. Keys that the job does not
 * know, and ones that are left out, fit: the program has its own defaults.
 */
export const inputMisfits = (types: unknown, config: Fields): ReadonlyArray<Misfit> =>
  misfitsIn(types, config, [])
