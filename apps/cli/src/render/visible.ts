/**
 * Control bytes of names and values made visible, and the characters that would hide others: those without
 * a width, and those that turn the direction of what follows. Joiners stay, as emoji and scripts need them.
 */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, (char) => {
    const code = char.charCodeAt(0)
    return code < 256
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`
  })
