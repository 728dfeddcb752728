/**
 * `resource_args.local-container`: docker's own option names, by an allow-list, as fields of the
 * engine's container configuration. Options that hand over the host (volumes, privileges, host
 * namespaces) are not on it. Source: the reference's allow-list of 2026-06.
 */
import { type Failure, failure, nearestName } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export interface ContainerFields {
  readonly config: Readonly<Record<string, unknown>>
  readonly hostConfig: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string>>
  readonly platform?: string
  readonly gpus?: string
  readonly name?: string
}

type Setter = (value: unknown, option: string) => Effect.Effect<Partial<ContainerFields>, Failure>

const wrong = (option: string, value: unknown, wanted: string) =>
  failure(
    "E_CONFIG",
    `Resource argument \`${option}\` is \`${JSON.stringify(value)}\`, not ${wanted}`,
    {
      hints: [
        `Write \`"${option}": ${wanted.includes("number") ? "2" : '"..."'}\` in the resource arguments`,
      ],
      details: { option },
    },
  )

const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
}

const bytes = (value: unknown, option: string): Effect.Effect<number, Failure> => {
  const match = /^(-?\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(String(value).trim())
  const factor = units[(match?.[2] ?? "").toLowerCase()]
  return match === null || factor === undefined
    ? Effect.fail(wrong(option, value, "a size such as `512m` or `2g`"))
    : Effect.succeed(Math.round(Number(match[1]) * factor))
}

const number = (value: unknown, option: string): Effect.Effect<number, Failure> => {
  const parsed = typeof value === "boolean" || value === "" ? Number.NaN : Number(value)
  return Number.isFinite(parsed)
    ? Effect.succeed(parsed)
    : Effect.fail(wrong(option, value, "a number"))
}

const positive =
  (read: typeof number, wanted: string): typeof number =>
  (value, option) =>
    Effect.filterOrFail(
      read(value, option),
      (found) => found > 0,
      () => wrong(option, value, wanted),
    )

const size = positive(bytes, "a size such as `512m` or `2g`")

const list = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.map(String) : [String(value)]

const host =
  (
    field: string,
    read: (value: unknown, option: string) => Effect.Effect<unknown, Failure>,
  ): Setter =>
  (value, option) =>
    Effect.map(read(value, option), (found) => ({ hostConfig: { [field]: found } }))

const text: (value: unknown, option: string) => Effect.Effect<string, Failure> = (value, option) =>
  typeof value === "string" || typeof value === "number"
    ? Effect.succeed(String(value))
    : Effect.fail(wrong(option, value, "a text"))

/** What programs can be given; shells take fewer. */
const variableName = /^[^\s\p{Cc}=]+$/u

const environment: Setter = (value, option) =>
  Effect.gen(function* () {
    const pairs: Array<readonly [string, string]> = []
    for (const item of list(value)) {
      const at = item.indexOf("=")
      if (at < 1 || !variableName.test(item.slice(0, at)))
        return yield* wrong(option, item, "of the form `NAME=value`")
      pairs.push([item.slice(0, at), item.slice(at + 1)])
    }
    return { environment: Object.fromEntries(pairs) }
  })

const ulimits: Setter = (value, option) =>
  Effect.gen(function* () {
    const limits: Array<unknown> = []
    for (const item of list(value)) {
      const match = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(item)
      if (match === null) return yield* wrong(option, item, "of the form `nofile=1024:2048`")
      limits.push({ Name: match[1], Soft: Number(match[2]), Hard: Number(match[3] ?? match[2]) })
    }
    return { hostConfig: { Ulimits: limits } }
  })

const memory = host("Memory", size)

const working: Setter = (value, option) =>
  Effect.flatMap(text(value, option), (folder) =>
    folder.startsWith("/")
      ? Effect.succeed({ config: { WorkingDir: folder } })
      : Effect.fail(wrong(option, value, "an absolute path such as `/work`")),
  )

/** As the engines have it. */
const containerName: Setter = (value, option) =>
  Effect.flatMap(text(value, option), (name) =>
    /^[A-Za-z0-9][A-Za-z0-9_.-]+$/.test(name)
      ? Effect.succeed({ name })
      : Effect.fail(wrong(option, value, "letters, digits, dashes, underscores and dots")),
  )

const setters: Readonly<Record<string, Setter>> = {
  "cpu-period": host("CpuPeriod", number),
  "cpu-quota": host("CpuQuota", number),
  "cpu-shares": host("CpuShares", number),
  cpus: (value, option) =>
    Effect.map(positive(number, "a number above 0")(value, option), (count) => ({
      hostConfig: { NanoCpus: Math.round(count * 1e9) },
    })),
  "cpuset-cpus": host("CpusetCpus", text),
  "cpuset-mems": host("CpusetMems", text),
  e: environment,
  env: environment,
  gpus: (value, option) => Effect.map(text(value, option), (gpus) => ({ gpus })),
  m: memory,
  memory,
  "memory-reservation": host("MemoryReservation", size),
  "memory-swap": host("MemorySwap", bytes),
  name: containerName,
  "pids-limit": host("PidsLimit", number),
  platform: (value, option) => Effect.map(text(value, option), (platform) => ({ platform })),
  "shm-size": host("ShmSize", size),
  ulimit: ulimits,
  w: working,
  workdir: working,
}

export const allowedResources: ReadonlyArray<string> = Object.keys(setters).sort()

const none: ContainerFields = { config: {}, hostConfig: {}, environment: {} }

/** `E_FORBIDDEN_OPTION` names the option and lists what is allowed. */
const fieldsOf = ([option, value]: readonly [string, unknown]): Effect.Effect<
  Partial<ContainerFields>,
  Failure
> => {
  const setter = Object.hasOwn(setters, option) ? setters[option] : undefined
  if (setter !== undefined) return setter(value, option)
  const near = nearestName(option, allowedResources)
  return Effect.fail(
    failure("E_FORBIDDEN_OPTION", `Resource argument \`${option}\` is not allowed for containers`, {
      hints: [
        ...(near === undefined ? [] : [`Did you mean \`${near}\`?`]),
        `Allowed are ${allowedResources.join(", ")}`,
      ],
      details: { option, allowed: allowedResources },
    }),
  )
}

/** All that is wrong with them, each with its `option` in the details. */
export const resourceFailures = (
  resources: Readonly<Record<string, unknown>>,
): Effect.Effect<ReadonlyArray<Failure>> =>
  Effect.map(Effect.partition(Object.entries(resources), fieldsOf), ([failures]) => failures)

/** Fails with the first that is wrong. */
export const containerFields = (
  resources: Readonly<Record<string, unknown>>,
): Effect.Effect<ContainerFields, Failure> =>
  Effect.reduce(Object.entries(resources), none, (fields, entry) =>
    Effect.map(fieldsOf(entry), (set) => ({
      ...fields,
      ...set,
      config: { ...fields.config, ...set.config },
      hostConfig: { ...fields.hostConfig, ...set.hostConfig },
      environment: { ...fields.environment, ...set.environment },
    })),
  )

/** `--gpus` as docker reads it, to a device request. */
export const gpuRequest = (gpus: string): Effect.Effect<unknown, Failure> => {
  const device = /^(?:"?device=)?([\w,.:-]+)"?$/.exec(gpus)
  if (gpus === "all") return Effect.succeed({ Count: -1, Capabilities: [["gpu"]] })
  if (/^\d+$/.test(gpus)) return Effect.succeed({ Count: Number(gpus), Capabilities: [["gpu"]] })
  return gpus.includes("device=") && device?.[1] !== undefined
    ? Effect.succeed({ DeviceIDs: device[1].split(","), Capabilities: [["gpu"]] })
    : Effect.fail(
        failure("E_CONFIG", `\`--gpus ${gpus}\` is not understood`, {
          hints: ["Write `all`, a count, or `device=0,1`"],
          details: { gpus },
        }),
      )
}
