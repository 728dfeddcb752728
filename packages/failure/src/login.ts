/** Logins in addresses: a person writes them where they do not belong, and nothing repeats them. */

/**
 * Hides the password before the `@` of every URL in a text; for http the whole login, as a token alone is a
 * user name there. So it does without a scheme where there is a password: `user:password@host/image`.
 */
export const withoutLogins = (text: string): string =>
  text
    .replace(
      /\b([a-z][a-z0-9+.-]*:\/\/)([^/\s'"`]*)@(?!sha256:)/gi,
      (_, scheme: string, login: string) =>
        /https?:\/\/$/i.test(scheme)
          ? `${scheme}***@`
          : `${scheme}${login.replace(/:.*$/s, ":***")}@`,
    )
    .replace(/(?<![^\s'"`=,(])[^\s'"`=,(:/@]+:[^\s'"`:/@][^\s'"`/@]*@(?=[\w[])(?!sha\d+:)/g, "***@")

/** The same for every text in a value as JSON has them. */
export const valueWithoutLogins = (value: unknown): unknown => {
  if (typeof value === "string") return withoutLogins(value)
  if (Array.isArray(value)) return value.map(valueWithoutLogins)
  return typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([key, each]) => [key, valueWithoutLogins(each)]),
      )
    : value
}
