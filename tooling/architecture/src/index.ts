export { type Edges, fileEdges, findCycle, importsOf } from "./cycles.ts"
export { graph, isBackend, longestFile, type Place } from "./graph.ts"
export { aboutOf, architecturePage } from "./page.ts"
export { type Member, members, read, root, scope } from "./workspace.ts"
