/** Which of the wanted tests there are, by bun's report in JUnit's form. */

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
}

const plain = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "")

const attribute = (element: string, name: string): string =>
  plain(new RegExp(` ${name}="([^"]*)"`).exec(element)?.[1] ?? "")

/** Names as `--test-name-pattern` sees them, groups first; of tests that were not left out. */
const namesIn = (report: string): ReadonlyArray<string> =>
  [...report.matchAll(/<testcase ([^>]*?)(\/>|>\s*(<skipped)?)/g)]
    .filter(([, , , skipped]) => skipped === undefined)
    .map(([element]) => {
      const groups = attribute(element, "classname").split(" > ").reverse().join(" ")
      return `${groups} ${attribute(element, "name")}`
    })

export const unmatched = (
  report: string,
  patterns: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const names = namesIn(report)
  return patterns.filter((pattern) => !names.some((name) => new RegExp(pattern).test(name)))
}
