/** Jobs that others made: written to the store as an import would, and then launched. */
import type { BadInput } from "./case.ts"
import { job, numbers, ofCode, stored } from "./stored-job.ts"

const args = ["--job", "demo/x"]

const git = (remote: string, commit = "1".repeat(40)) =>
  job("repo", { git: { remote, commit }, entrypoint: ["python", "main.py"] })

const hostile = (title: string, definition: string, answer: BadInput["answer"]): BadInput => ({
  title,
  args,
  setUp: stored(definition),
  answer,
})

const invalid = (title: string, definition: string): BadInput =>
  hostile(title, definition, {
    code: "E_JOB_INVALID",
    message: /^`local\/demo\/x:v0` is not a job definition: /,
    hint: /Create the job again/,
  })

const misfit = (
  title: string,
  config: string,
  message: string,
  types: "definition" | "metadata",
): BadInput => ({
  title,
  args: [...args, "-c", `{"overrides": {"run_config": ${config}}}`],
  setUp:
    types === "definition"
      ? stored(ofCode({}, { input_types: numbers }))
      : stored(ofCode(), { input_types: { "@wandb.config": numbers } }),
  answer: { code: "E_CONFIG", message, hint: /job describe/ },
})

export const jobs: ReadonlyArray<BadInput> = [
  invalid("a definition that is no JSON", "{"),
  invalid("a definition that is a list", "[]"),
  invalid("a definition of an unknown source", job("torrent", {})),
  invalid(
    "a definition without an entry point",
    job("repo", { git: { remote: "https://h/x", commit: "1" } }),
  ),
  invalid(
    "an entry point that is a text",
    job("artifact", { artifact: "x", entrypoint: "python main.py" }),
  ),
  hostile("a job of a remote helper", git("ext::sh -c id"), {
    code: "E_GIT_URL",
    message: /^Git remote `ext::sh -c id` is refused: /,
    hint: /https:\/\/host/,
  }),
  hostile("a job whose commit is an option", git("https://127.0.0.1:1/x.git", "--upload-pack=id"), {
    code: "E_GIT_REF",
    message: "`--upload-pack=id` cannot be a branch, tag or commit",
    hint: /commit hash/,
  }),
  hostile("a job whose Dockerfile lies outside", ofCode({ dockerfile: "../../etc/passwd" }), {
    code: "E_DOCKERFILE_NOT_FOUND",
    message: "Dockerfile `../../etc/passwd` is outside the build context",
    hint: /build context/,
  }),
  hostile("a job whose build context lies outside", ofCode({ build_context: "/etc" }), {
    code: "E_BUILD_CONTEXT",
    message: "Build context `/etc` is outside the source",
    hint: /./,
  }),
  hostile("a job whose base image has a newline", ofCode({ base_image: "python\nRUN id" }), {
    code: "E_IMAGE_NAME",
    message: "`python\\nRUN id` is not the name of an image",
    hint: /registry\/name:tag/,
  }),
  hostile("a job whose image is a command", job("image", { image: "x; rm -rf /" }), {
    code: "E_IMAGE_NAME",
    message: "`x; rm -rf /` is not the name of an image",
    hint: /registry\/name:tag/,
  }),
  hostile("a job whose code is not here", ofCode({ artifact: "wandb-artifact://_id/none" }), {
    code: "E_ARTIFACT_NOT_FOUND",
    message: "The job's code `wandb-artifact://_id/none` is not in this store",
    hint: /create the job again/,
  }),
  {
    title: "code with a link that lies outside its tree",
    args,
    setUp: stored(ofCode(), null, { relaunch: { links: { "../../out": "/etc/passwd" } } }),
    answer: {
      code: "E_JOB_INVALID",
      message: "Code `code-x:v0` has a link at `../../out`, outside its tree",
      hint: /hostile or damaged/,
    },
  },
  {
    title: "a job with resource arguments of its own, which are not taken",
    args,
    setUp: stored(ofCode({}, { resource_args: { volume: "/:/host", privileged: true } })),
    answer: { says: /^run \w+ finished/ },
    stored: { runs: 1 },
  },
  misfit(
    "a text where the job takes a number",
    '{"lr": "high"}',
    "`--config`, line 1, column 31: `overrides.run_config.lr` is a text; job `x` takes a number",
    "definition",
  ),
  misfit(
    "a number in a list of texts, by the job's metadata",
    '{"tags": ["a", 1]}',
    "`--config`, line 1, column 45: `overrides.run_config.tags[1]` is a number; job `x` takes a text",
    "metadata",
  ),
  {
    title: "a key that the job does not know, and a longer list, which fit",
    args: [
      ...args,
      "-c",
      '{"overrides": {"run_config": {"new": 1, "tags": ["a", "b"], "lr": null}}}',
    ],
    setUp: stored(ofCode({}, { input_types: numbers })),
    answer: { says: /^run \w+ finished/ },
    stored: { runs: 1 },
  },
]
