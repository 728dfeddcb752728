/** The JSON Schema of `relaunch.yaml` and `config.yaml`, made from the settings, for editors. */
import { formOf } from "./form.ts"
import type { Setting } from "./setting.ts"
import { settings } from "./settings.ts"

type JsonSchema = Readonly<Record<string, unknown>>

/** Backends by name, each with its settings and what they are for. */
export type BuilderSettings = Readonly<Record<string, Readonly<Record<string, string>>>>

const text: JsonSchema = { type: "string" }
const texts: JsonSchema = { type: "array", items: text }

const textOf = (key: string): JsonSchema => {
  const form = formOf(key)
  if (form === undefined) return text
  const type = form.isNumber === true ? ["string", "number"] : "string"
  return { type, pattern: form.pattern.source }
}

const shapeOf = (setting: Setting): JsonSchema => {
  switch (setting.kind) {
    case "text":
      // These hold structures and words, which may stand in the file as such.
      if (["config", "resource-args"].includes(setting.key)) return { type: ["string", "object"] }
      if (setting.key === "entry-point") return { oneOf: [text, texts] }
      return setting.choices === undefined ? textOf(setting.key) : { enum: setting.choices }
    case "flag":
      return { type: "boolean" }
    case "number":
      return { type: "integer", minimum: 0 }
    case "list":
      return texts
    case "map":
      return { type: "object", additionalProperties: text }
  }
}

const builderOf = (names: ReadonlyArray<string>, builders: BuilderSettings): JsonSchema => ({
  anyOf: [
    { enum: names },
    ...Object.entries(builders).map(([name, own]) => ({
      type: "object",
      required: ["type"],
      additionalProperties: false,
      properties: {
        type: { const: name },
        platform: textOf("platform"),
        ...Object.fromEntries(
          Object.entries(own).map(([key, description]) => [
            key,
            { type: ["string", "boolean", "number"], description },
          ]),
        ),
      },
    })),
    {
      type: "object",
      additionalProperties: false,
      properties: { type: { enum: names }, platform: textOf("platform") },
    },
  ],
})

/** `names` are those that `builder` may have, `auto` among them. */
export const configSchema = (
  names: ReadonlyArray<string>,
  builders: BuilderSettings,
): JsonSchema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "relaunch.yaml",
  description: "Settings of relaunch: of a project in relaunch.yaml, of a user in config.yaml",
  type: "object",
  additionalProperties: false,
  properties: Object.fromEntries(
    (settings as ReadonlyArray<Setting>)
      .filter(({ key }) => key !== "builder-settings")
      .map((setting) => [
        setting.key,
        {
          description: setting.help,
          ...(setting.key === "builder" ? builderOf(names, builders) : shapeOf(setting)),
          ...(setting.fallback === undefined ? {} : { default: setting.fallback }),
        },
      ]),
  ),
})
