export { dockerBuilder, type EngineBuilderOptions, engineBuilder } from "./docker.ts"
