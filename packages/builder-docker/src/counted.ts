/** The transfer of a build context as it is seen. */
import { BuildEvent } from "@relaunch/build"

export const contextVertex = "context"

/** Counts what goes through, so that a long transfer is seen to move. */
export const counted = (
  stream: ReadableStream<Uint8Array>,
  total: number,
  tell: (event: BuildEvent) => void,
): ReadableStream<Uint8Array> => {
  const every = 4 << 20
  let current = 0
  let told = 0
  const say = () => {
    told = current
    const sent = Math.min(current, total)
    tell(BuildEvent.VertexProgress({ id: contextVertex, unit: "bytes", current: sent, total }))
  }
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        current += chunk.length
        if (current - told >= every) say()
        controller.enqueue(chunk)
      },
      flush: say,
    }),
  )
}
