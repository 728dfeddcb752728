export { type BuildkitBuild, buildWith } from "./build.ts"
export { buildkitBackend, buildkitBuilder } from "./buildkit.ts"
export { buildkitFailure } from "./failure.ts"
export { builtImage, presentImage } from "./image.ts"
