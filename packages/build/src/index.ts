export { Builder, type BuilderFeatures, type BuilderShape, type BuildRequest } from "./builder.ts"
export type { BuildContext, ContextEntry } from "./context.ts"
export { BuildEvent, type BuiltImage } from "./event.ts"
