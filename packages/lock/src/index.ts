export { isLocked, locked } from "./lock.ts"
export {
  abandonedFolders,
  ownedFolder,
  removeAbandoned,
  temporaryFolder,
  temporaryPrefix,
} from "./owned-folder.ts"
