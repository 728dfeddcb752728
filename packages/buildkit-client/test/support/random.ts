/** Random bytes that are the same at each run: a failure can be repeated by its seed. */

export interface Random {
  /** From 0 up to, not including, `below`. */
  readonly below: (below: number) => number
  readonly bytes: (count: number) => Buffer
  /** A copy with a few bytes changed, cut or doubled. */
  readonly mutated: (bytes: Uint8Array) => Buffer
}

export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
    mutated: (bytes) => {
      let copy = Buffer.from(bytes)
      for (let times = 1 + below(4); times > 0 && copy.length > 0; times -= 1) {
        const at = below(copy.length)
        const kind = below(4)
        if (kind < 2) copy[at] = below(256)
        else if (kind === 2) copy = copy.subarray(0, at)
        else copy = Buffer.concat([copy.subarray(0, at), copy])
      }
      return copy
    },
  }
}
