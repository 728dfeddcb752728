export {
  type CodeJob,
  codeJob,
  type GitJob,
  gitJob,
  healedEntryPoint,
  type ImageJob,
  imageJob,
  JobDefinition,
  parseDefinition,
  printDefinition,
} from "./definition.ts"
export {
  definitionFile,
  dockerfileFile,
  frozenFrom,
  frozenRequirementsFile,
  type JobParts,
  jobDigest,
  jobFiles,
  patchFile,
} from "./files.ts"
export { inputMisfits, type Misfit } from "./input-types.ts"
export { byCodePoint, contentDigest, type ManifestEntry, manifestDigest } from "./manifest.ts"
export {
  artifactNameSafe,
  checkedArtifactName,
  checkedName,
  checkedPlace,
  defaultJobName,
  type ImageReference,
  imageAlias,
  imageNameSafe,
  parseImageReference,
} from "./name.ts"
export {
  type ArtifactReference,
  artifactUri,
  type CodeArtifactReference,
  parseArtifactUri,
  parseReference,
  printReference,
} from "./reference.ts"
