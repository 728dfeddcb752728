/** The replies this server gives. Errors have the one shape whose message the SDK shows. */

/** 4xx only: the SDK repeats 5xx, 409 and 429 for minutes without a word. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 415

export const json = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { "Content-Type": "application/json" },
  })

export const refusal = (status: ErrorStatus, message: string): Response =>
  json({ errors: [{ message }] }, status)
