/** Who asks and whom they ask: the user, entities, the server itself. */
import type { Call } from "./call.ts"
import { wireId } from "./call.ts"
import { noItems } from "./connection.ts"

export const entityNode = (name: string) => ({
  id: wireId("Entity", name),
  name,
  isTeam: false,
  available: true,
  readOnly: false,
  organization: null,
  codeSavingEnabled: true,
  // The SDK then digests with MD5, the one digest we keep.
  xxhashDigestsEnabled: false,
})

/** One user stands for all: this server has no accounts, only keys. */
export const userNode = ({ scope }: Call) => ({
  __typename: "User",
  id: wireId("User", scope.entity),
  name: scope.entity,
  username: scope.entity,
  email: `${scope.entity}@localhost`,
  entity: scope.entity,
  admin: false,
  flags: `{"code_saving_enabled":true}`,
  deletedAt: null,
  photoUrl: null,
  accountType: null,
  apiKeys: noItems,
  teams: noItems,
})

/** No features: everything works without, and each one that is named brings in more questions. */
export const serverInfo = {
  cliVersionInfo: { max_cli_version: "99.0.0", min_cli_version: "0.8.0" },
  latestLocalVersionInfo: null,
  features: [],
}
