/** Values taken from the released `wandb` 0.31.0. */
import { expect, test } from "bun:test"
import {
  codeJob,
  contentDigest,
  defaultJobName,
  gitJob,
  imageAlias,
  imageJob,
  jobDigest,
  printDefinition,
} from "../src/index.ts"

const git = gitJob({
  remote: "https://github.com/wandb/launch-jobs.git",
  commit: "a".repeat(40),
  entryPoint: ["python", "job.py"],
  buildContext: "jobs/hello_world",
  dockerfile: "Dockerfile.wandb",
  runtime: "3.10",
})

test("a git job has the bytes, digest and name of the released writer", () => {
  const text = printDefinition(git)
  expect(Buffer.byteLength(text)).toBe(686)
  expect(contentDigest(text)).toBe("s+i3kctjC2PgIBjhj5VIiQ==")
  expect(jobDigest({ definition: git, frozenRequirements: "" })).toBe(
    "bbf41f5997169ac00ee1d8e5a04466ed",
  )
  expect(defaultJobName.git("https://github.com/wandb/launch-jobs.git", "")).toBe(
    "job-https___github.com_wandb_launch-jobs.git_",
  )
})

test("an image job has the bytes, digest, name and alias of the released writer", () => {
  const image = imageJob({ image: "wandb/job_hello_world:main" })
  expect(Buffer.byteLength(printDefinition(image))).toBe(375)
  expect(jobDigest({ definition: image, frozenRequirements: "" })).toBe(
    "11ea434ac1fa1b5461e8d73173da21e6",
  )
  expect(defaultJobName.image("wandb/job_hello_world:main")).toBe("job-wandb_job_hello_world")
  expect(imageAlias("wandb/job_hello_world:main")).toBe("main")
})

test("a code job has the digest of the released writer", () => {
  const code = codeJob({
    artifact: "wandb-artifact://_id/QXJ0aWZhY3Q6MQ==",
    entryPoint: ["python", "main.py"],
    runtime: "3.11",
  })
  expect(jobDigest({ definition: code, frozenRequirements: "wandb>=0.17.1" })).toBe(
    "c0dc2eb053fd0f84e23e51e97109882d",
  )
})
