/** The packages of this repository as they are on disk. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dir, "../../..")

export interface Member {
  /** `packages/job` */
  readonly folder: string
  /** `job`, without `@relaunch/`; whole where others use the package on its own. */
  readonly name: string
  readonly uses: ReadonlyArray<string>
  readonly tests: ReadonlyArray<string>
  /** TypeScript files, relative to the root. */
  readonly files: ReadonlyArray<string>
  readonly hasReadme: boolean
}

interface PackageJson {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export const scope = "@relaunch/"

/** Packages of this repository that are published under a name of their own. */
const published: ReadonlyArray<string> = ["@buildkit-js/client"]

const shortName = (name: string): string =>
  name.startsWith(scope) ? name.slice(scope.length) : name

const internal = (dependencies: Readonly<Record<string, string>> = {}): ReadonlyArray<string> =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith(scope) || published.includes(name))
    .map(shortName)
    .sort()

const readMember = (folder: string): Member => {
  const manifest: PackageJson = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
  return {
    folder,
    name: shortName(manifest.name),
    uses: internal(manifest.dependencies),
    tests: internal(manifest.devDependencies),
    files: [...new Bun.Glob(`${folder}/{src,test}/**/*.{ts,tsx}`).scanSync(root)].sort(),
    hasReadme: existsSync(join(root, folder, "README.md")),
  }
}

export const members = (): ReadonlyArray<Member> =>
  [...new Bun.Glob("{packages,apps,tooling}/*/package.json").scanSync(root)]
    .sort()
    .map((path) => readMember(path.slice(0, -"/package.json".length)))

export const read = (path: string): string => readFileSync(join(root, path), "utf8")
