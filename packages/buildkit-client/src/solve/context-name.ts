/** Names of contexts as BuildKit looks them up. */

/** Before the first `/`, where that is no part of a path on Docker Hub. */
const isHost = (first: string): boolean =>
  /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase()

/**
 * An image's name in its short form, `docker.io/library/busybox:latest` as `busybox`; any other name as it is.
 * The frontend compares only these (moby/buildkit `frontend/dockerui/namedcontext.go`), and buildx sends them.
 */
export const contextName = (name: string): string => {
  const [first = "", ...others] = name.split("/")
  const isHub = others.length === 0 || !isHost(first)
  const isNamedHub = !isHub && (first === "docker.io" || first === "index.docker.io")
  const path = isNamedHub ? others.join("/") : name
  const short = isHub || isNamedHub ? path.replace(/^library\/(?=[^/]+$)/, "") : path
  return short.replace(/:latest$/, "")
}
