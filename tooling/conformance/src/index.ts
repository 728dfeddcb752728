export { type Case, type Observation, readCases } from "./case.ts"
export {
  type Difference,
  judged,
  readDifferences,
  strayDifferences,
  type Verdict,
} from "./differences.ts"
export { type Column, columns, services } from "./engines.ts"
export { askEngine, type SavedImage, savedImage } from "./image.ts"
export { collected, requestOf } from "./observe.ts"
export { verdictOf } from "./run.ts"
