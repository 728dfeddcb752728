/** Whether answers are JSON: known from the words at once, from files only when they have been read. */
export const jsonMode: {
  on: boolean
  /** Those that were asked for; all when undefined. */
  fields: ReadonlyArray<string> | undefined
} = { on: false, fields: undefined }
