/** The answer of `builder list`: what is short as a table, and below it on a terminal what is not. */
import type { BuilderFeatures } from "@relaunch/build"
import { table, tableColumns } from "./table.ts"
import { visible } from "./visible.ts"

export interface ListedBuilder {
  readonly name: string
  readonly chosen: boolean
  readonly reachable: boolean
  readonly address: string | null
  readonly version: string | null
  readonly features: BuilderFeatures | null
  readonly score: number
  /** Why it has its score, or why it cannot be reached. */
  readonly reason: string
}

const featureNames: Readonly<Record<keyof BuilderFeatures, string>> = {
  cacheMounts: "cache mounts",
  secretMounts: "secret mounts",
  rewrittenTimestamps: "rewritten timestamps",
}

const featuresOf = (features: BuilderFeatures | null): ReadonlyArray<string> =>
  features === null
    ? []
    : Object.entries(featureNames).flatMap(([key, name]) =>
        features[key as keyof BuilderFeatures] ? [name] : [],
      )

const below = ({ address, features, name, reason }: ListedBuilder): ReadonlyArray<string> => {
  const names = featuresOf(features)
  return [
    `${name}: ${reason}`,
    ...(address === null ? [] : [`  at ${address}`]),
    ...(names.length === 0 ? [] : [`  with ${names.join(", ")}`]),
  ]
}

/** `columns` of the terminal; none where the answer goes elsewhere, with a line of tabs for each then. */
export const builderTable = (
  builders: ReadonlyArray<ListedBuilder>,
  columns = tableColumns(),
): string => {
  const rows = builders.map((each) => ({
    builder: each.chosen ? `${each.name} *` : each.name,
    reachable: each.reachable ? "yes" : "no",
    version: each.version ?? "",
    features: featuresOf(each.features).join(", "),
    address: each.address ?? "",
    score: String(each.score),
    reason: each.reason,
  }))
  if (columns === undefined) {
    const head = ["builder", "reachable", "version", "features", "address", "score", "reason"]
    return table(head, rows.map(Object.values), columns)
  }
  // The terminal wraps these: a reason that is cut is none.
  const short = rows.map(({ builder, reachable, score, version }) => [
    ...[builder, reachable, version, score],
  ])
  const lines = builders.flatMap(below).map(visible)
  return [table(["builder", "reachable", "version", "score"], short, columns), "", ...lines].join(
    "\n",
  )
}
