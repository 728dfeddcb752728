/** Dockerfiles and dependency files that are broken, or would do more than they should. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type BadInput, code, main, type Place, threeBuilders } from "./case.ts"

const custom = [...code, "-D", "Dockerfile"]
const linked = (target: string) => (place: Place) =>
  Effect.sync(() => {
    fs.symlinkSync(target, join(place.folder, "Dockerfile"))
    return {}
  })

const missing = {
  code: "E_DOCKERFILE_NOT_FOUND",
  message: "There is no Dockerfile `Dockerfile` in the source",
  hint: /relative to the build context/,
} as const

const base = "FROM python:3.13-slim\n"

const files: ReadonlyArray<BadInput> = [
  {
    title: "a Dockerfile that is a link out",
    files: main,
    args: custom,
    setUp: linked("/etc/passwd"),
    answer: missing,
  },
  {
    title: "a Dockerfile that is a link to itself",
    files: main,
    args: custom,
    setUp: linked("Dockerfile"),
    answer: missing,
  },
  {
    title: "a directory as the Dockerfile",
    files: { ...main, "Dockerfile/x": "" },
    args: custom,
    answer: missing,
  },
  {
    title: "a Dockerfile above the build context",
    files: main,
    args: [...code, "-D", "../Dockerfile"],
    answer: {
      code: "E_DOCKERFILE_NOT_FOUND",
      message: "Dockerfile `../Dockerfile` is outside the build context",
      hint: /must lie in the build context/,
    },
  },
  {
    title: "an absolute Dockerfile",
    files: main,
    args: [...code, "-D", "/etc/passwd"],
    answer: {
      code: "E_DOCKERFILE_NOT_FOUND",
      message: "Dockerfile `/etc/passwd` is outside the build context",
      hint: /must lie in the build context/,
    },
  },
]

const broken = (
  title: string,
  text: string,
  message: string | RegExp,
  hint = /./,
  codeOf: "E_DOCKERFILE" | "E_BUILD" | "E_IMAGE_NAME" = "E_DOCKERFILE",
  stored = {},
): BadInput => ({
  title,
  files: { ...main, Dockerfile: text },
  args: custom,
  answer: { code: codeOf, message, hint },
  stored,
})

const texts: ReadonlyArray<BadInput> = [
  broken("an empty Dockerfile", "", "`Dockerfile` has no FROM instruction", /Start it with/),
  broken(
    "a Dockerfile of comments",
    "# FROM python\n",
    "`Dockerfile` has no FROM instruction",
    /Start it with/,
  ),
  broken(
    "FROM an argument without a value",
    "ARG IMAGE\nFROM $IMAGE\n",
    "`Dockerfile` line 2: `FROM $IMAGE` names no image",
    /default/,
  ),
  broken(
    "FROM a name in upper case",
    "FROM Python:3.13\n",
    /`Python:3.13` is not the name of an image/,
    /lower case/,
    "E_IMAGE_NAME",
  ),
  {
    ...broken(
      "a base image whose name would end a URL's path",
      "FROM busybox#1\n",
      "`busybox#1` is not the name of an image",
      /lower case/,
      "E_IMAGE_NAME",
    ),
    builders: ["podman"],
  },
  broken(
    "FROM a URL",
    "FROM https://someone:plain@registry.example/x\n",
    "`https://***@registry.example/x` is not the name of an image",
    /registry\/name:tag/,
    "E_IMAGE_NAME",
  ),
  broken(
    "FROM a path that leads elsewhere in the engine's API",
    "FROM ../containers/x\n",
    "`../containers/x` is not the name of an image",
    /registry\/name:tag/,
    "E_IMAGE_NAME",
  ),
  broken(
    "COPY from a stage that is not there",
    `${base}COPY --from=7 /a /b\n`,
    "`Dockerfile` line 2: there is no stage 7 before it",
    /Stages count from 0/,
  ),
  {
    ...broken(
      "an unknown instruction",
      `${base}RUNN true\n`,
      /^The Dockerfile is not valid: line 2: unknown instruction `RUNN`$/,
      /./,
      "E_DOCKERFILE",
      { jobs: 1 },
    ),
    builders: threeBuilders,
  },
  {
    ...broken(
      "COPY from above the context",
      `${base}COPY ../../etc/passwd /stolen\n`,
      /`COPY \.\.\/\.\.\/etc\/passwd \/stolen`: `etc(?:\/passwd)?` is not in the build context$/,
      /above/,
      "E_BUILD",
      { jobs: 1 },
    ),
    builders: threeBuilders,
  },
  {
    ...broken(
      "the host's network for a RUN",
      "FROM busybox:1\nRUN --network=host true\n",
      "The Dockerfile has a `RUN --network=host`, which no build may",
      /^Leave `--network=host` out, or build the image yourself/,
      "E_DOCKERFILE",
      { jobs: 1 },
    ),
    // The frontend inside older engines does not know the flag.
    builders: ["buildkit"],
  },
  {
    ...broken(
      "a NUL byte in a Dockerfile",
      `${base}RUN echo a\0b\n`,
      "`Dockerfile` line 2 holds a NUL byte",
      /UTF-8/,
    ),
  },
  {
    title: "a Dockerfile with CRLF and a byte order mark",
    builders: threeBuilders,
    files: { ...main, Dockerfile: `\ufeff${base}COPY main.py .\n`.replaceAll("\n", "\r\n") },
    args: custom,
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: "an ignore file of the Dockerfile beside those of the folder",
    builders: threeBuilders,
    files: {
      "train.Dockerfile":
        "FROM busybox:1\nWORKDIR /x\nCOPY . .\nRUN test -e kept && test ! -e left\n",
      "train.Dockerfile.dockerignore": "left\n*.dockerignore\n",
      ".dockerignore": "kept\n",
      ".containerignore": "kept\n",
      kept: "",
      left: "",
    },
    args: ["--uri", ".", "-p", "demo", "-D", "train.Dockerfile", "-E", "ls"],
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: "a shell script with CRLF",
    files: { "run.sh": "set -e\r\necho 1\r\n", Dockerfile: "FROM busybox:1\nCOPY run.sh .\n" },
    args: ["--uri", ".", "-p", "demo", "-E", "sh run.sh", "-D", "Dockerfile"],
    answer: {
      says: /^warning: `run\.sh` has Windows line ends \(CR LF\), which a shell takes as a part of each command; save it with LF$/,
      status: 1,
    },
    stored: { jobs: 1, runs: 1 },
  },
]

const values = (
  title: string,
  flags: ReadonlyArray<string>,
  answer: BadInput["answer"],
  stored = {},
): BadInput => ({
  title,
  files: main,
  args: [...code, ...flags],
  answer,
  stored,
})

const injections: ReadonlyArray<BadInput> = [
  values(
    "a base image with a newline and RUN",
    ["--base-image", "python:3.13-slim\nRUN touch /owned"],
    {
      code: "E_IMAGE_NAME",
      message: "`python:3.13-slim\\nRUN touch /owned` is not the name of an image",
      hint: /registry\/name:tag/,
    },
  ),
  values("a base image that is an option", ["--base-image=--platform=x"], {
    code: "E_IMAGE_NAME",
    message: "`--platform=x` is not the name of an image",
    hint: /registry\/name:tag/,
  }),
  values("a runtime with a newline", ["--runtime", "3.13\nRUN id"], {
    code: "E_PROJECT_FILE",
    message: "Python `3.13\\nRUN id`, asked for by --runtime, is no version of Python 3",
    hint: /minor version/,
  }),
  values(
    "an entry point with a newline and RUN",
    ["-E", "python main.py '\nRUN touch /owned'"],
    { says: /^run \w+ finished/ },
    { jobs: 1, runs: 1 },
  ),
]

export const dockerfiles: ReadonlyArray<BadInput> = [...files, ...texts, ...injections]
