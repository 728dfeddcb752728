/** What stays of a command that is cancelled, and how it is seen; set as soon as there is anything. */
export const kept: { line: string | undefined } = { line: undefined }
