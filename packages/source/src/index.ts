export { type CodeLimits, type CodeSource, codeSource } from "./code.ts"
export {
  applyPatch,
  type Checkout,
  type FoundRef,
  type GitLogin,
  type GitOptions,
  type GitRemote,
  type GitSource,
  gitRemote,
  gitSource,
} from "./git/index.ts"
export { checkedImageName, type ImageSource, imageSource } from "./image.ts"
export { type Location, locate } from "./locate.ts"
