/** What a library prints by itself, as text: `console.log` says nothing of output that was lost. */
export const printedBy = (print: () => void): string => {
  const lines: Array<string> = []
  const { log } = console
  console.log = (line: string) => {
    lines.push(line)
  }
  try {
    print()
  } finally {
    console.log = log
  }
  return lines.join("\n")
}
