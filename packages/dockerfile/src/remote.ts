/** What a Dockerfile fetches from elsewhere while it is built, and does not say what it must be. */
import { DockerfileParser } from "dockerfile-ast"

const isRemote = (source: string): boolean =>
  /^(?:https?:\/\/|git@|git:\/\/|ssh:\/\/)/i.test(source)

/** A git source whose fragment is a whole commit is pinned by it. */
const isPinned = (source: string): boolean => /#[0-9a-f]{40}(?::|$)/.test(source)

/** Sources of `ADD` that are neither in the build context nor pinned by `--checksum` or a commit, in order. */
export const unpinnedSources = (text: string): ReadonlyArray<string> =>
  DockerfileParser.parse(text.replace(/^\ufeff/, ""))
    .getInstructions()
    .filter((instruction) => /^ADD$/i.test(instruction.getInstruction()))
    .filter((instruction) => !/\s--checksum=/.test(instruction.getTextContent()))
    .flatMap((instruction) =>
      instruction
        .getArguments()
        .slice(0, -1)
        .map((word) => word.getValue().replace(/^["'[]+|["',\]]+$/g, "")),
    )
    .filter((source) => isRemote(source) && !isPinned(source))
