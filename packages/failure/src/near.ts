/** What somebody may have meant by a name that does not exist. */
import { distance } from "fastest-levenshtein"

/** Two neighbours have changed places, `evn` for `env`, and nothing else is wrong. */
const isSwapped = (one: string, other: string): boolean =>
  [...one].some(
    (letter, at) =>
      `${one.slice(0, at)}${one.slice(at + 1, at + 2)}${letter}${one.slice(at + 2)}` === other,
  )

const farBetween = (one: string, other: string): number => {
  const [left, right] = [one.toLowerCase(), other.toLowerCase()]
  return left !== right && isSwapped(left, right) ? 1 : distance(left, right)
}

/** Each name once, the nearest first, letters in either case; those equally near by the alphabet. */
export const byNearness = (wanted: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(names)]
    .map((name) => ({ name, far: farBetween(name, wanted) }))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)

/** The one that is meant: at most half of the letters wrong, and never more than three; undefined for none. */
export const nearestName = (wanted: string, names: ReadonlyArray<string>): string | undefined => {
  const [first] = byNearness(wanted, names)
  if (first === undefined || first === wanted) return undefined
  return farBetween(first, wanted) <= Math.min(3, Math.max(1, wanted.length / 2))
    ? first
    : undefined
}

/** Goes on with what is wrong with a name: `; did you mean \`x\`?`, or nothing. */
export const orNearest = (wanted: string, names: ReadonlyArray<string>): string => {
  const close = nearestName(wanted, names)
  return close === undefined ? "" : `; did you mean \`${close}\`?`
}
