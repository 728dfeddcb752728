/** Git repositories and refs that are wrong, empty or hostile, on real git servers. */

import type { GitFile } from "@relaunch/testing"
import { gitRepository } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { rig } from "../command.ts"
import { type BadInput, main } from "./case.ts"

const flags = ["-p", "demo", "-E", "python main.py"]

type Options = Parameters<typeof gitRepository>[0]

/** A launch of a repository of the git servers; `more` are further flags. */
const from = (
  options: Options,
  more: ReadonlyArray<string> = [],
  form: "ssh" | "https" | "httpsWithLogin" | "scp" = "ssh",
): Pick<BadInput, "args" | "setUp"> => ({
  args: [...flags, ...more],
  setUp: () =>
    Effect.map(gitRepository({ files: main, ...options }), ({ url }) => ({
      args: ["--uri", url[form]],
    })),
})

const submodule = (url: string, path = "sub"): Record<string, string | GitFile> => ({
  ...main,
  ".gitmodules": `[submodule "sub"]\n\tpath = ${path}\n\turl = ${url}\n`,
  ...(path === "sub" ? { sub: { mode: "160000", content: "1".repeat(40) } } : {}),
})

const refs: ReadonlyArray<BadInput> = [
  ["an option as a ref", "--upload-pack=id"],
  ["a ref with a newline", "a\nb"],
  ["a ref with `..`", "trunk..trunk"],
  ["a ref of reflog syntax", "HEAD@{1}"],
  ["a refspec as a ref", "+refs/heads/*:refs/heads/*"],
].map(([title = "", ref = ""]) => ({
  title,
  ...from({}, [`--git-hash=${ref}`]),
  answer: {
    code: "E_GIT_REF",
    message: /^`.*` cannot be a branch, tag or commit$/,
    hint: /plain name of a branch or tag/,
  },
}))

const unknownRefs: ReadonlyArray<BadInput> = [
  ["a ref of 300 characters", "x".repeat(300)],
  ["a hash that no commit has", "1".repeat(40)],
].map(([title = "", ref = ""]) => ({
  title,
  ...from({}, [`--git-hash=${ref}`]),
  answer: {
    code: "E_GIT_REF",
    message: new RegExp(` has no branch, tag or commit \`${ref}\`$`),
    hint: /nearest existing are `trunk`/,
  },
}))

const repositories: ReadonlyArray<BadInput> = [
  {
    title: "a repository without commits",
    ...from({ commits: [] }),
    answer: {
      code: "E_GIT_REF",
      message: /has no branch, tag or commit `HEAD`$/,
      hint: /^The repository is empty$/,
    },
  },
  {
    title: "a repository that is not there",
    args: [...flags, "--uri", `${rig.git.ssh.url}/nobody/nothing.git`],
    answer: {
      code: "E_SOURCE_NOT_FOUND",
      message: /^There is no git repository at `/,
      hint: /Check the URL/,
    },
  },
  {
    title: "a login that is asked for and nobody to ask",
    ...from({}, [], "https"),
    answer: {
      code: "E_GIT_AUTH",
      message: /^Access to `https:.*` was refused$/,
      hint: /--git-username/,
    },
  },
  {
    title: "a certificate of an unknown authority",
    ...from({}, [], "httpsWithLogin"),
    env: { GIT_SSL_CAINFO: undefined },
    answer: {
      code: "E_GIT_AUTH",
      message: /^The certificate of `https:.*` is not trusted$/,
      hint: /GIT_SSL_CAINFO/,
    },
  },
  {
    title: "a host key that is not known",
    ...from({}),
    env: { GIT_SSH_COMMAND: "ssh -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes" },
    answer: {
      code: "E_GIT_AUTH",
      message: /^The host key of `ssh:.*` is not known$/,
      hint: /ssh-keyscan/,
    },
  },
  {
    title: "a submodule with a remote helper",
    ...from({ files: submodule("ext::sh -c id") }),
    answer: {
      code: "E_GIT_URL",
      message: /wants the transport `ext`, which is refused$/,
      hint: /\.gitmodules/,
    },
  },
  {
    title: "a submodule of this disk",
    ...from({ files: submodule("file:///etc") }),
    answer: {
      code: "E_GIT_URL",
      message: /wants the transport `file`, which is refused$/,
      hint: /\.gitmodules/,
    },
  },
  {
    title: "a submodule whose URL is an option",
    ...from({ files: submodule("-u./payload") }),
    answer: {
      code: "E_GIT_URL",
      message: /: git refuses a URL, name or path of \.gitmodules: /,
      hint: /\.gitmodules/,
    },
  },
  {
    title: "a submodule whose path leads out, which is none to git",
    ...from({ files: submodule("https://host/x.git", "../../out") }),
    answer: { says: /^source ssh:/ },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: "a link out of the repository as the entry point",
    ...from({ files: { "main.py": { mode: "120000", content: "/etc/passwd" } } }),
    answer: {
      code: "E_ENTRY_POINT",
      message:
        "Entry point `main.py` is a link to `/etc/passwd`, which leads out of the build context",
      hint: /put the script itself/,
    },
  },
  {
    title: "a build context above the repository",
    ...from({}, ["--build-context", "../.."]),
    answer: {
      code: "E_BUILD_CONTEXT",
      message: "Build context `../..` is outside the source",
      hint: /./,
    },
  },
  {
    title: "an entry point above the repository",
    ...from({}, ["-E", "python ../../main.py"]),
    answer: {
      code: "E_ENTRY_POINT",
      message: "Entry point `../../main.py` is not in the build context",
      hint: /relative to the build context/,
    },
  },
]

export const git: ReadonlyArray<BadInput> = [...refs, ...unknownRefs, ...repositories]
