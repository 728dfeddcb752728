/** Where every query starts. Not found is null, not an error: the SDK has its own words for it. */

import { artifactNode, collectionNode } from "./artifact.ts"
import { artifactMutations } from "./artifact-mutations.ts"
import { type Call, idParts, placeOf } from "./call.ts"
import { connection, type PageArguments } from "./connection.ts"
import { projectNode } from "./project.ts"
import { runMutations } from "./run-mutations.ts"
import { entityNode, serverInfo, userNode } from "./viewer.ts"

interface ProjectArguments {
  readonly name?: string | null
  readonly entityName?: string | null
}

interface Id {
  readonly id?: string | null
}

export const rootOf = (call: Call) => {
  const { ask, scope, store } = call
  const { artifacts, projects } = store.sdk

  const project = ({ entityName, name }: ProjectArguments) => {
    const place = placeOf(call, entityName, name)
    const found =
      ask(projects.find(place)) ??
      // `wandb job list` without `--entity` asks for an entity of this name.
      (place.entity === "models"
        ? ask(projects.find({ ...place, entity: scope.entity }))
        : undefined)
    return found && projectNode(call, found)
  }
  const allProjects = ({ entityName, ...page }: PageArguments & { entityName?: string | null }) =>
    connection(ask(projects.list(entityName || scope.entity)), page, (each) =>
      projectNode(call, each),
    )

  return {
    viewer: () => userNode(call),
    serverInfo,
    entity: ({ name }: { readonly name?: string | null }) => entityNode(name || scope.entity),
    project,
    model: project,
    models: allProjects,
    projects: allProjects,
    artifact: ({ id }: Id) => {
      const found = ask(artifacts.byId(id ?? ""))
      return found && artifactNode(call, found)
    },
    artifactCollection: ({ id }: Id) => {
      const number = Number(idParts(id ?? "", "ArtifactCollection")?.[0])
      const found = ask(artifacts.collectionById(number || 0))
      return found && collectionNode(call, found)
    },
    clientIDMapping: ({ clientID }: { readonly clientID?: string | null }) => {
      const found = ask(artifacts.byClientId(clientID ?? ""))
      return found && { serverID: found.id }
    },
    organization: null,
    ...runMutations(call),
    ...artifactMutations(call),
  }
}
