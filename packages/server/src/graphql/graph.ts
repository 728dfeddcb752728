/** Ties the makers of objects together, so that each can be asked for from any file. */
import { artifactNode, collectionNode, membershipNode, typeNode } from "./artifact.ts"
import type { Call } from "./call.ts"
import { runNode } from "./run.ts"

export const callWith = (parts: Omit<Call, "nodes">): Call => {
  const call: Call = {
    ...parts,
    nodes: {
      artifact: (artifact, collection) => artifactNode(call, artifact, collection),
      collection: (collection) => collectionNode(call, collection),
      membership: (artifact) => membershipNode(call, artifact),
      type: (project, type) => typeNode(call, project, type),
      run: (run) => runNode(call, run),
    },
  }
  return call
}
