export { isLocked, locked } from "./lock.ts"
export {
  abandonedFolders,
  ownedFolder,
  removeAbandoned,
  temporaryFolder,
  temporaryPlaces,
  temporaryPrefix,
} from "./owned-folder.ts"
