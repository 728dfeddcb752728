/**
 * The objects of the GraphQL graph point at each other in circles; the files that make them do not: who
 * needs an object that is made further up gets it from here.
 */
import type { Collection, ProjectKey, SdkArtifact, SdkRun } from "@relaunch/store"

export interface Nodes {
  readonly artifact: (artifact: SdkArtifact, collection?: Collection) => unknown
  readonly collection: (collection: Collection) => unknown
  readonly membership: (artifact: SdkArtifact) => unknown
  readonly type: (
    project: ProjectKey,
    type: { readonly name: string; readonly createdAt: string },
  ) => unknown
  readonly run: (run: SdkRun) => unknown
}
