export { isLocked, locked } from "./lock.ts"
export {
  abandonedFolders,
  abandonedTemporary,
  ownedFolder,
  removeAbandoned,
  temporaryFolder,
  temporaryPrefix,
} from "./owned-folder.ts"
