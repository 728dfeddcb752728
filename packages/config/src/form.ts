/** How the texts of some settings are written. */

export interface Form {
  readonly pattern: RegExp
  /** `a time such as ...` */
  readonly wanted: string
  /** A number in a file says the same as its digits, which no reader of YAML changes. */
  readonly isNumber?: boolean
}

const forms: Readonly<Record<string, Form>> = {
  timeout: {
    pattern: /^\s*(?=[^1-9]*[1-9])\d+(?:\.\d+)?\s*[smhd]?\s*$/,
    wanted: "a time such as `90s`, `30m`, `12h` or `2d`",
    isNumber: true,
  },
  platform: {
    pattern: /^[a-z0-9]+\/[a-z0-9_]+(?:\/v?\d+)?$/,
    wanted: "a platform such as `linux/amd64`",
  },
  gpus: {
    pattern: /^(?:all|\d+|"?device=[\w,.:-]+"?)$/,
    wanted: "`all`, a count or `device=0,1`",
    isNumber: true,
  },
}

/** Undefined where the text is free. */
export const formOf = (key: string): Form | undefined =>
  Object.hasOwn(forms, key) ? forms[key] : undefined
