/** Lines of a step that failed, of daemons that tell its name alone: dockerd 20.10, and podman. */
import { expect, test } from "bun:test"
import { BuildError, stepSource } from "../src/index.ts"

const dockerfile = `ARG BASE=busybox
FROM \${BASE} AS made
ENV B=two
RUN echo $B \${B:-x} $HOME; exit 3
RUN false
FROM busybox
WORKDIR /x
run false
RUN <<EOF

  set -e
  false
EOF
COPY $B /x
RUN echo "(a)" | grep [b
RUN echo "\\\\0" \\$HOME
ADD --chown=1 http://127.0.0.1:9/x /x
`

test.each([
  ["[made 2/3] RUN echo two two $HOME; exit 3", 4],
  ["[made 3/3] RUN false", 5],
  ["[stage-0 4/4] RUN false", 5],
  ["[stage-1 3/8] RUN false", 8],
  ["[linux/arm64 stage-1 3/8] RUN false", 8],
  ["[stage-1 4/8] RUN <<EOF (set -e...)", 9],
  ["[stage-1 5/8] COPY two /x", 14],
  ['[stage-1 6/8] RUN echo "(a)" | grep [b', 15],
  ['[stage-1 7/8] RUN echo "\\0" $HOME', 16],
  ["http://127.0.0.1:9/x", 17],
  ["http://127.0.0.1:9/y", undefined],
  ["[4/9] RUN false", undefined],
  ["[stage-1 3/8] RUN true", undefined],
  ["[internal] load build context", undefined],
])("%s", (step, line) => {
  expect(stepSource("Dockerfile", dockerfile, step)?.firstLine).toBe(line)
})

test("a step of which a variable has several lines fails in one", () => {
  const error = new BuildError({
    reason: "exit code: 1",
    vertex: { id: "sha256:0", name: "[2/2] RUN echo x\ny" },
    exitCode: 1,
    log: [],
  })
  expect(error.message).toBe("`[2/2] RUN echo x y` failed with exit code 1")
})
