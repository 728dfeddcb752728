/** Command lines that nobody thought of: words of the commands' own tables, values that hurt. */
import type { Argument, Command, Option } from "commander"
import { makeProgram } from "../src/program.ts"

/** The same numbers for the same seed: mulberry32. From 0 to 1. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Leaf {
  readonly words: ReadonlyArray<string>
  readonly options: ReadonlyArray<Option>
  readonly arguments: ReadonlyArray<Argument>
}

const leavesOf = (command: Command, words: ReadonlyArray<string>): ReadonlyArray<Leaf> => [
  ...(command.commands.length > 0 && words.length > 0
    ? []
    : [{ words, options: command.options, arguments: command.registeredArguments }]),
  ...command.commands.flatMap((below) => leavesOf(below, [...words, below.name()])),
]

/** A server that starts would go on. */
const leaves = leavesOf(
  makeProgram(() => undefined),
  [],
).filter(({ words }) => words[0] !== "serve")

const values: ReadonlyArray<string> = [
  "",
  " ",
  "-",
  "--",
  "---",
  "-x",
  "=",
  ":",
  "a/b/c/d",
  "a:b:c",
  "x:",
  ":latest",
  "@",
  "0",
  "-1",
  "1",
  "1.5",
  "1e999",
  "99999999999999999999",
  "0x10",
  "\u0661",
  "true",
  "null",
  "[]",
  "{}",
  "{",
  "[1, 2",
  '{"overrides": {}}',
  '{"overrides": []}',
  '{"overrides": {"args": "x"}}',
  '{"overrides": {"run_config": {"__proto__": 1}}}',
  '{"__proto__": {"x": 1}}',
  '{"constructor": 1}',
  "a: &a [*a]",
  "? [a]\n: b",
  "- !!js/function 'x'",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "%s%n%d",
  "$(id)",
  "`id`",
  "a\nb",
  "a\rb",
  "a\tb",
  "\u001b[31mred",
  "\u0007",
  "\u007f",
  "\u009b31m",
  "\u202eabc",
  "\ufeff",
  "\ufffd",
  "e\u0301",
  "\u{1f600}",
  "\ud800",
  "名前",
  "x".repeat(300),
  "x".repeat(20000),
  "a=b",
  "A=b",
  "=b",
  "PATH=",
  "A=env:HOME",
  "A=file:folder",
  "A=-",
  "A=file:",
  "env:",
  "2g",
  "30m",
  "7d",
  "1d1h",
  "linux/amd64",
  "linux",
  "docker",
  "auto",
  "dockre",
  "busybox",
  "busybox:1",
  "Busybox:1",
  "busybox@sha256:0",
  "localhost:1/x:1",
  "https://127.0.0.1:1/a/b.git",
  "https://",
  "https://[::1",
  "http://x y",
  "git@127.0.0.1:a/b.git",
  "ssh://-o/x",
  "ext::sh -c id",
  "file:///tmp",
  "s3://bucket/x",
  "python main.py",
  "python 'main.py",
  "main.py",
  "demo",
  "demo/train",
  "local/demo/train:v0",
  "train:latest",
  ".",
  "./",
  "..",
  "folder",
  "missing",
  "missing/",
  "file",
  "file/x",
  "empty",
  "link-loop",
  "link-out",
  "locked",
  "/dev/null",
  "/dev/zero",
  "/dev/stdin",
  "/proc/self/mem",
]

/** A line for a person without luck: one command, some of its options, values of no sense. */
export const randomLine = (random: () => number): ReadonlyArray<string> => {
  const below = (count: number) => Math.floor(random() * count)
  const one = <A>(of: ReadonlyArray<A>): A => of[below(of.length)] as A
  const leaf = one(leaves)
  const parts: Array<ReadonlyArray<string>> = []
  for (const { required } of leaf.arguments) {
    if (random() < (required ? 0.95 : 0.5)) parts.push([one(values)])
  }
  // One word too many.
  if (random() < 0.04) parts.push([one(values)])
  for (let left = below(5); left > 0 && leaf.options.length > 0; left -= 1) {
    const { long, optional, required, short } = one(leaf.options)
    const flag = (random() < 0.3 ? short : long) ?? long ?? ""
    const value = one(values)
    if (!required && !optional) parts.push([flag])
    else parts.push(flag === long && random() < 0.5 ? [`${flag}=${value}`] : [flag, value])
  }
  if (random() < 0.4) parts.push([random() < 0.8 ? "--json" : `--json=${one(values)}`])
  const shuffled = parts
    .map((part) => ({ part, place: random() }))
    .sort((left, right) => left.place - right.place)
  return [...leaf.words, ...shuffled.flatMap(({ part }) => part)]
}
