/** A plan for people: every decision with its reason. */

import { humanSize } from "@relaunch/build"
import type { LaunchPlan } from "@relaunch/launch"
import type { Choice } from "../detect.ts"
import { fields } from "./table.ts"
import { counted, shellWords, shown } from "./text.ts"
import { visible } from "./visible.ts"

const shownPaths = 30

const section = (title: string, body: ReadonlyArray<string>): ReadonlyArray<string> =>
  body.length === 0 ? [] : ["", title, ...body.map((line) => `  ${line}`)]

const verdicts = { created: "new", updated: "changed", unchanged: "unchanged" } as const

const sourceLines = ({ source }: LaunchPlan): ReadonlyArray<string> =>
  fields([
    ["type", source.type],
    ["from", source.uri],
    ...(source.ref === undefined ? [] : [["ref", source.ref] as const]),
    ...(source.commit === undefined ? [] : [["commit", source.commit] as const]),
    ...(source.digest === undefined
      ? []
      : [["digest", source.digest ?? "known to this engine alone"] as const]),
    ...(source.size === undefined
      ? []
      : [["size", `${counted(source.files ?? 0, "file")}, ${humanSize(source.size)}`] as const]),
    ...(source.ignored
      ? [["left out", `${counted(source.ignored, "path")} by ${source.ignoreRules}`] as const]
      : []),
  ]).split("\n")

const contextLines = ({ context }: LaunchPlan): ReadonlyArray<string> =>
  context === null
    ? []
    : [
        ...fields([
          ["folder", context.folder === "" ? "(root of the source)" : context.folder],
          ["size", `${counted(context.files, "file")}, ${humanSize(context.size)}`],
          ["digest", context.digest],
        ]).split("\n"),
        ...context.tree
          .slice(0, shownPaths)
          .map(
            ({ path, size }) =>
              `  ${visible(path)}${path.endsWith("/") ? "" : `  ${humanSize(size)}`}`,
          ),
        ...(context.tree.length > shownPaths
          ? [`  and ${context.tree.length - shownPaths} more; see --json`]
          : []),
      ]

const dockerfileLines = ({ dockerfile }: LaunchPlan): ReadonlyArray<string> =>
  dockerfile === null
    ? []
    : [
        `${visible(dockerfile.path ?? (dockerfile.instructions.length > 0 ? "default" : dockerfile.name))}: ${dockerfile.reason}`,
        ...(dockerfile.instructions.length === 0
          ? dockerfile.text
              .trimEnd()
              .split("\n")
              .map((line) => `  ${visible(line)}`)
          : dockerfile.instructions.flatMap(({ reason, text }) => [
              `  # ${visible(reason)}`,
              `  ${visible(text)}`,
            ])),
      ]

/** `builder` is the backend that would build, and why this one. */
export const planText = (plan: LaunchPlan, builder: Choice | undefined): string => {
  const { environment, image, job } = plan
  return [
    "Source",
    ...sourceLines(plan).map((line) => `  ${line}`),
    ...section("Job", [
      `${job.entity}/${job.project}/${job.name}:${job.version}  ${verdicts[job.verdict]}`,
      ...job.why.map((line) => `- ${visible(line)}`),
    ]),
    ...section("Build context", contextLines(plan)),
    ...section("Dockerfile", dockerfileLines(plan)),
    ...section("Image", [
      ...fields([
        ["tag", image.ref ?? "(not known)"],
        ["verdict", `${image.verdict}: ${image.why}`],
        ...(builder === undefined
          ? []
          : [["builder", `${builder.name}: ${builder.reason}`] as const]),
        ["platform", image.platform ?? "the engine's own"],
        ...image.bases.map(
          ({ digest, image: base }) =>
            ["base", `${base} ${digest ?? "(digest not known)"}`] as const,
        ),
      ]).split("\n"),
    ]),
    ...section("Command", [
      plan.command === null ? "the image's own entry point" : visible(shellWords(plan.command)),
    ]),
    ...section(
      "Environment",
      Object.entries(environment).map(([name, value]) => `${name}=${visible(value)}`),
    ),
    ...section("Resources", [
      ...Object.entries(plan.resources).map(([name, value]) => `${name}: ${visible(shown(value))}`),
      ...(plan.gpus === null ? [] : [`gpus: ${plan.gpus}`]),
    ]),
    ...section("Warnings", plan.warnings.map(visible)),
  ].join("\n")
}
