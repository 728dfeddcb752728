/** Projects and what hangs on them. */
import { failure } from "@relaunch/failure"
import type { Project, SdkRun } from "@relaunch/store"
import { type Call, wireId, wireTime } from "./call.ts"
import { connection, type PageArguments } from "./connection.ts"
import { selectRuns } from "./filter.ts"
import { entityNode, userNode } from "./viewer.ts"

interface Named {
  readonly name?: string | null
}

interface RunsArguments extends PageArguments {
  readonly filters?: unknown
  readonly order?: string | null
}

/** `name`, `name:alias` or `name:vN`; without an alias the latest. */
export const splitName = (name: string): { readonly name: string; readonly alias: string } => {
  const at = name.indexOf(":")
  return at < 0
    ? { name, alias: "latest" }
    : { name: name.slice(0, at), alias: name.slice(at + 1) || "latest" }
}

export const projectNode = (call: Call, project: Project) => {
  const { ask, store } = call
  const { artifacts, runs } = store.sdk
  const find = (name: string | null | undefined) => ask(runs.find({ ...project, id: name ?? "" }))
  const artifact = (name: string | null | undefined) =>
    ask(artifacts.find({ ...project, ...splitName(name ?? "") }))
  const collection = (name: string | null | undefined) =>
    ask(artifacts.collections(project, { name: name ?? "" }))[0]
  const types = () => ask(artifacts.types(project))
  const selected = ({ filters, order }: RunsArguments): ReadonlyArray<SdkRun> =>
    selectRuns(ask(runs.list(project)), filters, order)

  return {
    __typename: "Project",
    id: wireId("Project", "v1", project.project, project.entity),
    internalId: String(project.number),
    name: project.project,
    entity: entityNode(project.entity),
    entityName: project.entity,
    createdAt: wireTime(project.createdAt),
    description: null,
    access: "PRIVATE",
    views: null,
    readOnly: false,
    isBenchmark: false,
    user: () => userNode(call),
    run: ({ name }: Named) => {
      const run = find(name)
      return run && call.nodes.run(run)
    },
    bucket: ({ missingOk, name }: Named & { readonly missingOk?: boolean | null }) => {
      const run = find(name)
      if (run !== undefined) return call.nodes.run(run)
      if (missingOk === true) return null
      throw failure(
        "E_RUN_NOT_FOUND",
        `No run \`${project.entity}/${project.project}/${name ?? ""}\``,
      )
    },
    runCount: (page: RunsArguments) => selected(page).length,
    runs: (page: RunsArguments) => connection(selected(page), page, (run) => call.nodes.run(run)),
    artifact: ({ name }: Named) => {
      const found = artifact(name)
      return found && call.nodes.artifact(found)
    },
    artifactType: ({ name }: Named) => {
      const type = types().find((each) => each.name === name)
      return type && call.nodes.type(project, type)
    },
    artifactTypes: (page: PageArguments) =>
      connection(types(), page, (type) => call.nodes.type(project, type)),
    artifactCollection: ({ name }: Named) => {
      const found = collection(name)
      return found && call.nodes.collection(found)
    },
    artifactCollections: (page: PageArguments) =>
      connection(ask(artifacts.collections(project, {})), page, (each) =>
        call.nodes.collection(each),
      ),
    artifactCollectionMembership: ({ name }: Named) => {
      const found = artifact(name)
      return found && call.nodes.membership(found)
    },
  }
}
