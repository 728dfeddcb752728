export { isLocked, locked } from "./lock.ts"
export { abandonedFolders, ownedFolder, removeAbandoned } from "./owned-folder.ts"
export {
  abandonedTemporary,
  forgetEmptyPlaces,
  noteTemporaryPlaces,
  temporaryFolder,
  temporaryFolderIn,
  temporaryPrefix,
} from "./temporary.ts"
