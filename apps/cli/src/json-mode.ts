/** Whether answers are JSON: known from the words at once, from files only when they have been read. */
export const jsonMode = { on: false }
