export {
  type DependencyFacts,
  inspectProject,
  type ProjectFacts,
  type ProjectFiles,
  supportedPythons,
} from "./facts.ts"
export {
  type ImageOptions,
  type ImagePlan,
  type Instruction,
  planImage,
  printDockerfile,
} from "./plan.ts"
export { baseImages } from "./read.ts"
export { readRequirements } from "./requirements.ts"
export { jsonWords } from "./text.ts"
