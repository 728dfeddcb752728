export {
  type DependencyFacts,
  inspectProject,
  type ProjectFacts,
} from "./facts.ts"
export type { Instruction } from "./install.ts"
export { type DockerfileLines, linesOf, type Saying } from "./locate.ts"
export { cleanPath } from "./path.ts"
export {
  type ImageOptions,
  type ImagePlan,
  planImage,
  printDockerfile,
} from "./plan.ts"
export { type ProjectFiles, supportedPythons } from "./python.ts"
export { asksForPlatform, type BaseImageOptions, baseImages, hasStages } from "./read.ts"
export { unpinnedSources } from "./remote.ts"
export { readRequirements } from "./requirements.ts"
export { jsonWords } from "./text.ts"
