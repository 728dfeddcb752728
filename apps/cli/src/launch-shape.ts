/**
 * What the launch configuration may hold: the keys of the reference's launch specification that mean
 * something here. All that is not so is found at once.
 */
import { nearestName } from "@relaunch/failure"

export type Fields = Readonly<Record<string, unknown>>
export type Path = ReadonlyArray<string>

/** What is wrong at a path, and how to mend it. */
export interface Finding {
  readonly path: Path
  readonly what: string
  readonly hints: ReadonlyArray<string>
}

type Shape = "text" | "texts" | "map" | { readonly [key: string]: Shape }

const launchShape: { readonly [key: string]: Shape } = {
  overrides: { run_config: "map", args: "texts", entry_point: "texts", dockerfile: "text" },
  resource: "text",
  resource_args: "map",
  entity: "text",
  project: "text",
  name: "text",
  job: "text",
  docker: { docker_image: "text" },
  author: "text",
  sweep_id: "text",
}

/** Keys that the reference reads, and what says the same here. */
const elsewhere: Readonly<Record<string, string>> = {
  uri: "Give it as `--uri`",
  git: "Give the remote as `--uri`, and the branch, tag or commit as `--git-hash`",
  builder: "Give it as `--builder`, or as `builder` in relaunch.yaml",
  registry: "Give it as a setting of `builder` in relaunch.yaml",
  python_version: "Give it as `--runtime`",
  image_uri: "Give it as `docker.docker_image`",
  run_id: "Leave it out: each launch gets an id of its own; `name` names the run",
  queue_entity: "Leave it out: launches start at once, there are no queues",
  template_variables: "Write the values themselves: there are no queues with templates",
  additional_services: "Leave it out: a launch starts one container",
  "docker.user_id": "Leave it out: the container has the user of its image",
  "overrides.artifacts": "Name artifacts in `overrides.run_config`, and have the program use them",
  "overrides.files": "Give values in `overrides.run_config`; files of the image stay as they are",
  "overrides.working_dir": 'Give it as `resource_args`: `{"workdir": "/work"}`',
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const wanted = { text: "a text", texts: "a list of texts", map: "a map" } as const

const fits = (value: unknown, shape: Shape): boolean => {
  if (value === undefined || value === null) return true
  switch (shape) {
    case "text":
      return typeof value === "string"
    case "texts":
      return (
        Array.isArray(value) && value.every((item) => ["string", "number"].includes(typeof item))
      )
    default:
      return isFields(value)
  }
}

const unknownKey = (path: Path, siblings: ReadonlyArray<string>): Finding => {
  const whole = path.join(".")
  const other = Object.hasOwn(elsewhere, whole) ? elsewhere[whole] : undefined
  const near = other === undefined ? nearestName(path.at(-1) ?? "", siblings) : undefined
  const within = (key: string) => `\`${[...path.slice(0, -1), key].join(".")}\``
  return {
    path,
    what: `there is no key \`${whole}\`${near === undefined ? "" : `; did you mean ${within(near)}?`}`,
    hints: [
      other ??
        (near === undefined
          ? `Values for \`wandb.config\` go under \`overrides.run_config\`; known keys are ${siblings.map(within).join(", ")}`
          : `Write ${within(near)}`),
    ],
  }
}

const findings = (value: Fields, shapes: Readonly<Record<string, Shape>>, path: Path) =>
  Object.entries(value).flatMap(([key, inner]): ReadonlyArray<Finding> => {
    const place = [...path, key]
    const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined
    if (shape === undefined) return [unknownKey(place, Object.keys(shapes))]
    if (!fits(inner, shape)) {
      const name = `\`${place.join(".")}\``
      const kind = typeof shape === "string" ? wanted[shape] : wanted.map
      return [{ path: place, what: `${name} is not ${kind}`, hints: [`Make ${name} ${kind}`] }]
    }
    return isFields(inner) && typeof shape === "object" ? findings(inner, shape, place) : []
  })

/** In the order of the keys. */
export const launchFindings = (configuration: Fields): ReadonlyArray<Finding> =>
  findings(configuration, launchShape, [])

/** In one line, where hints are not told: with the nearest name that a hint has. */
export const withNearest = (what: string, hints: ReadonlyArray<string>): string => {
  const close = hints.find((hint) => hint.startsWith("Did you mean"))
  return close === undefined ? what : `${what}; ${close.replace(/^D/, "d")}`
}
