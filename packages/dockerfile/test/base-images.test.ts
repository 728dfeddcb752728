/** The images that a user's own Dockerfile is made from. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { baseImages } from "../src/index.ts"

const digest = `sha256:${"a".repeat(64)}`

interface Case {
  readonly what: string
  readonly text: string
  readonly args?: Readonly<Record<string, string>>
  readonly platform?: string
  /** True by default. */
  readonly allStages?: boolean
  readonly images: ReadonlyArray<string>
}

const cases: ReadonlyArray<Case> = [
  { what: "a single FROM", text: "FROM python:3\n", images: ["python:3"] },
  { what: "lower case and no newline at the end", text: "from python:3", images: ["python:3"] },
  {
    what: "stages by any case of their names",
    text: "FROM a AS Base\nFROM base AS next\nFROM BASE\nFROM next\nFROM b",
    images: ["a", "b"],
  },
  { what: "scratch", text: "FROM scratch\nCOPY x /\n", images: [] },
  { what: "an image twice", text: "FROM a AS x\nFROM a AS y\n", images: ["a"] },
  {
    what: "a stage named like an image of a later registry",
    text: `FROM localhost:5000/a@${digest} AS q\nFROM q`,
    images: [`localhost:5000/a@${digest}`],
  },
  {
    what: "a platform flag",
    text: "FROM --platform=linux/amd64 a AS x\nFROM --platform=$BUILDPLATFORM b",
    images: ["a", "b"],
  },
  { what: "an argument's default", text: "ARG V=3\nFROM a:$V-slim", images: ["a:3-slim"] },
  { what: "an argument in quotes", text: `ARG V="3"\nFROM "a:\${V}"`, images: ["a:3"] },
  { what: "two arguments on a line", text: "ARG A=1 B=2\nFROM a:$A$B", images: ["a:12"] },
  {
    what: "an argument made of another",
    text: `ARG V=3\nARG I=python:\${V}\nFROM $I`,
    images: ["python:3"],
  },
  {
    what: "an argument that is given",
    text: "ARG V=3\nARG W\nFROM a:$V.$W",
    args: { V: "4", W: "5" },
    images: ["a:4.5"],
  },
  {
    what: "a given value that the Dockerfile does not ask for",
    text: `ARG V=3\nFROM a:$V\${W:-}`,
    args: { W: "5" },
    images: ["a:3"],
  },
  {
    what: "words for arguments that are or are not there",
    text: `ARG V=3\nFROM a:\${V:-1} AS x\nFROM a:\${W:-1} AS y\nFROM a\${V:+-v} AS z\nFROM a\${W:+-w}`,
    images: ["a:3", "a:1", "a-v", "a"],
  },
  {
    what: "words that are arguments themselves",
    text: `ARG A=1\nARG B\nFROM a:\${B:-\${A:-2}} AS x\nFROM a:\${B:-$B\${C:-3}}\${A:+-\${A}}`,
    images: ["a:1", "a:3-1"],
  },
  {
    what: "stages by the platform",
    text: `FROM a AS on-amd64\nFROM b AS on-armv7\nFROM on-\${TARGETARCH}$TARGETVARIANT\nFROM c:$BUILDOS`,
    platform: "linux/arm/v7",
    images: ["a", "b", "c:linux"],
  },
  {
    what: "an argument named like the platform's",
    text: "ARG TARGETARCH=own\nARG BUILDARCH\nFROM a:$TARGETARCH-$BUILDARCH",
    platform: "linux/amd64",
    images: ["a:own-amd64"],
  },
  {
    what: "stages that are not needed",
    text: [
      "FROM a AS one",
      "FROM b AS two",
      "COPY --from=three /x /y",
      "FROM c AS three",
      "FROM two",
      "FROM d AS four",
      "RUN --mount=type=bind,from=one,target=/x true",
      "FROM e AS five",
      "COPY --from=image /x /y",
      "FROM scratch AS one",
      "FROM f",
      "COPY --from=4 /x /y",
      "COPY --from=Five /x /y",
    ].join("\n"),
    allStages: false,
    images: ["a", "d", "e", "f", "image"],
  },
  {
    what: "arguments of a stage do not count",
    text: "ARG V=3\nFROM a:$V\nARG V=4\nFROM b:$V",
    images: ["a:3", "b:3"],
  },
  {
    what: "comments and continued lines",
    text: "# FROM c\n\n  # FROM d\nFROM \\\n  # a comment in between\n  python:3 \\\n  AS x\n",
    images: ["python:3"],
  },
  {
    what: "FROM inside a RUN that goes on",
    text: "FROM a\nRUN echo \\\nFROM b\nRUN echo 'FROM c'\n",
    images: ["a"],
  },
  {
    what: "heredocs",
    text: 'FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY <<-"END" /x\n\tFROM c\n\tEND\nFROM d\n',
    images: ["a", "d"],
  },
  {
    what: "another escape character",
    text: "# escape=`\nFROM `\n  a\nRUN b `\n  FROM c\n",
    images: ["a"],
  },
  { what: "ONBUILD", text: "FROM a\nONBUILD COPY --from=b x y\n", images: ["a"] },
  {
    what: "a byte order mark and CRLF",
    text: "\ufeffFROM a AS x\r\nRUN true\r\nFROM b\r\n",
    images: ["a", "b"],
  },
  {
    what: "images that files are copied or mounted from",
    text: [
      "FROM a AS first",
      "FROM first",
      "COPY --from=first /x /y",
      "COPY --from=0 /x /y",
      "COPY --chown=1 --from=host.example/uv:latest /uv /bin/",
      "COPY \\",
      "  --from=e /x /y",
      "RUN --mount=type=bind,from=c,target=/c --mount=type=cache,target=/d true",
      "RUN echo --from=nothing",
      "COPY --from=$V /x /y",
    ].join("\n"),
    images: ["a", "host.example/uv:latest", "e", "c"],
  },
]

describe("the base images of a Dockerfile with", () => {
  for (const { allStages = true, args = {}, images, platform, text, what } of cases) {
    effect(what, () =>
      Effect.gen(function* () {
        expect(yield* baseImages("Dockerfile", text, args, { platform, allStages })).toEqual(images)
      }),
    )
  }
})

describe("a Dockerfile is refused", () => {
  for (const [what, text, message] of [
    ["without any FROM", "RUN true\n", "`docker/Dockerfile` has no FROM instruction"],
    ["that is empty", "", "`docker/Dockerfile` has no FROM instruction"],
    ["of comments alone", "# FROM a\n", "`docker/Dockerfile` has no FROM instruction"],
    [
      "whose FROM uses an argument without a value",
      "ARG BASE\n\nFROM $BASE\n",
      "`docker/Dockerfile` line 3: `FROM $BASE` names no image",
    ],
    [
      "whose FROM has a variable that newer frontends alone know",
      `ARG V=v1\nFROM a:\${V#v}\n`,
      `\`docker/Dockerfile\` line 2: \`FROM a:\${V#v}\` has a form of variable that is not known`,
    ],
    [
      "that copies from its own stage by number",
      "FROM a\nFROM b\nCOPY --chown=1 --from=1 /x /y\n",
      "`docker/Dockerfile` line 3: there is no stage 1 before it",
    ],
  ] as const) {
    effect(what, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(baseImages("docker/Dockerfile", text, {}))
        expect([failed.code, failed.message]).toEqual(["E_DOCKERFILE", message])
        expect(failed.hints).not.toEqual([])
      }),
    )
  }
})
