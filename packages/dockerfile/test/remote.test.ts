import { expect, test } from "bun:test"
import { unpinnedSources } from "../src/index.ts"

test("sources that a Dockerfile fetches without saying what they must be", () => {
  const commit = "0123456789012345678901234567890123456789"
  const dockerfile = `FROM x
ADD https://a/b /c
add --chmod=600 https://a/b2 local/ /c
ADD --checksum=sha256:ab https://a/c /d
ADD ["https://q/r", "/x"]
ADD git@host:a/b.git#v1 /x
ADD https://h/a.git#${commit} /y
ADD https://h/a.git#${commit}:folder /y
ADD a.tar /
COPY https.txt /
RUN echo ADD https://no/thing /
ADD \\
  https://z/z \\
  /x
`
  expect(unpinnedSources(dockerfile)).toEqual([
    "https://a/b",
    "https://a/b2",
    "https://q/r",
    "git@host:a/b.git#v1",
    "https://z/z",
  ])
})
