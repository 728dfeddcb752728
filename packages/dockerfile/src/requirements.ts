/**
 * What a requirements file needs from the build context: other files it includes, local projects,
 * version control. The packages themselves are pip's business and are not parsed here.
 * Source: pip's documentation, "Requirements File Format".
 */

export interface RequirementLines {
  /** Paths after `-r`, `--requirement`, `-c` and `--constraint`, as written. */
  readonly includes: ReadonlyArray<string>
  /** `-e .`, `./package`, `file:...`: needs the source tree beside it. */
  readonly local: ReadonlyArray<string>
  /** `git+https://...`: needs git in the image. */
  readonly versionControl: ReadonlyArray<string>
  /** `--extra-index-url`, `--index-url`, `--find-links` are present. */
  readonly extraIndex: boolean
  /** URLs that carry a user name or password, of indexes and of packages. */
  readonly credentials: boolean
  /** `${NAME}`: variables that pip and uv replace. */
  readonly variables: ReadonlyArray<string>
}

/** Lines joined at trailing backslashes, which a comment has none of; comments and blanks gone. */
const logicalLines = (text: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let begun = ""
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)) {
    const isComment = /^\s*#/.test(line)
    if (line.endsWith("\\") && !isComment) {
      begun += line.slice(0, -1)
      continue
    }
    lines.push(isComment ? begun : begun + line)
    begun = ""
  }
  return [...lines, begun]
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "")
}

const option = (line: string, ...names: ReadonlyArray<string>): string | undefined => {
  for (const name of names) {
    const form = name.startsWith("--")
      ? new RegExp(`^${name}(?:=|\\s+)(.+)$`)
      : new RegExp(`^${name}\\s*(.+)$`)
    const value = form.exec(line)?.[1]
    if (value !== undefined) return value.trim().replace(/^(["'])(.*)\1$/, "$2")
  }
  return undefined
}

const isVersionControl = (text: string) => /(^|[\s@])(?:git|hg|svn|bzr)\+/.test(text)

const isLocal = (text: string) =>
  /^(?:\.{1,2}(?:[/\\[;\s]|$)|[/~])/.test(text) ||
  /(^|@\s*)file:/.test(text) ||
  (/^[^\s@;]+[/\\][^\s;]*$/.test(text.split(/\s/)[0] ?? "") && !/^[a-z+]+:\/\//i.test(text)) ||
  (/^\S+\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)(?:\[[^\]]*\])?(?:[\s;]|$)/i.test(text) &&
    !/^(?:\S+\s*@\s*)?[a-z+]+:\/\//i.test(text))

/** A login that stands in the file itself; `${VARIABLE}` is one that does not. */
export const holdsLogin = (text: string): boolean =>
  [...text.matchAll(/https?:\/\/([^/\s@]+)@/gi)].some(
    // A name before a password is no secret, one alone may be a token.
    ([, login = ""]) => login.replace(/^[^:]*:/, "").replace(/\$\{[A-Z0-9_]+\}/g, "") !== "",
  )

export const readRequirements = (text: string): RequirementLines => {
  const includes: Array<string> = []
  const local: Array<string> = []
  const versionControl: Array<string> = []
  let extraIndex = false
  let credentials = false
  const variables = new Set<string>()
  for (const line of logicalLines(text)) {
    credentials ||= holdsLogin(line)
    for (const [, name = ""] of line.matchAll(/\$\{([A-Z0-9_]+)\}/g)) variables.add(name)
    const include = option(line, "-r", "--requirement", "-c", "--constraint")
    if (include !== undefined) {
      includes.push(include)
      continue
    }
    const index = option(line, "-i", "--index-url", "--extra-index-url", "-f", "--find-links")
    if (index !== undefined) {
      extraIndex ||= !/^(?:-f|--find-links)/.test(line)
      if (!/^[a-z+]+:\/\//i.test(index)) local.push(index)
      continue
    }
    const editable = option(line, "-e", "--editable")
    const requirement = editable ?? line
    if (isVersionControl(requirement)) versionControl.push(requirement)
    else if (editable !== undefined || (!line.startsWith("-") && isLocal(requirement))) {
      local.push(requirement)
    }
  }
  return { includes, local, versionControl, extraIndex, credentials, variables: [...variables] }
}
