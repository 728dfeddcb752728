export { dockerBackend, dockerBuilder } from "./builder.ts"
export {
  classicBuilder,
  classicFeatures,
  contextTar,
  dockerfileIn,
  type EngineBuilderOptions,
} from "./classic.ts"
export { withoutLostLayers } from "./lost-layer.ts"
export { firstReading, lastEvents, type Reading, readMessage } from "./messages.ts"
