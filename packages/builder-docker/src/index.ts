export { dockerBackend, dockerBuilder } from "./builder.ts"
export { classicBuilder, type EngineBuilderOptions } from "./classic.ts"
