/** The page's git jobs, against real git servers and a real engine. */
import { describe, expect } from "bun:test"
import { gitRepository, liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"

const helloWorld = {
  "README.md": "Launch jobs\n",
  "jobs/hello_world/Dockerfile.wandb":
    'FROM python:3.13-slim\nWORKDIR /job\nCOPY job.py ./\nENTRYPOINT ["python", "job.py"]\n',
  "jobs/hello_world/job.py": 'print("hello from the first commit")\n',
}

const page = (uri: string) => [
  ...["--uri", uri, "--build-context", "jobs/hello_world", "--dockerfile", "Dockerfile.wandb"],
  ...["--project", "hello-world", "--job-name", "hello-world", "--entry-point", "python job.py"],
]

const changed = (text: string) => ({ "jobs/hello_world/job.py": `print("${text}")\n` })

describe("the page's git command", () => {
  liveEffect("over https with the user's own git login, from a default branch named trunk", () =>
    Effect.gen(function* () {
      const { hashes, url } = yield* gitRepository({ name: "launch-jobs", files: helloWorld })
      const { json, relaunch } = yield* machine
      const { code, stderr, stdout } = yield* relaunch(page(url.httpsWithLogin))
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toBe("hello from the first commit\n")
      const job = yield* json(["job", "describe", "hello-world/hello-world"])
      expect(job.definition.source).toEqual({
        git: { remote: url.https, commit: hashes[0] },
        entrypoint: ["python", "job.py"],
        notebook: false,
        build_context: "jobs/hello_world",
        dockerfile: "Dockerfile.wandb",
      })
      expect(job.definition._version).toBe("0.17.0")
      const [run] = yield* json(["run", "list"])
      expect(run).toMatchObject({ state: "finished", exitCode: 0, project: "hello-world" })
      expect(stderr).not.toContain(rig.git.https.password)
    }),
  )

  for (const form of ["ssh", "scp"] as const) {
    liveEffect(`over ssh with a key, ${form} form`, () =>
      Effect.gen(function* () {
        const { hashes, url } = yield* gitRepository({ name: "launch-jobs", files: helloWorld })
        const { json } = yield* machine
        const { job, run } = yield* json(["launch", ...page(url[form])])
        expect(run).toMatchObject({ state: "finished", exitCode: 0 })
        expect(job.definition.source.git).toEqual({ remote: url[form], commit: hashes[0] })
      }),
    )
  }

  liveEffect("with a branch, a tag, a short and a full hash, an unreferenced commit", () =>
    Effect.gen(function* () {
      const repository = yield* gitRepository({
        name: "launch-jobs",
        commits: [
          { files: helloWorld },
          { files: changed("tagged"), tag: "v1" },
          { files: changed("branch"), branch: "feature/x" },
          { files: changed("gone"), branch: "gone" },
          { files: changed("head") },
        ],
      })
      const [, tagged = "", branch = "", gone = "", head = ""] = repository.hashes
      yield* repository.git("branch", "-D", "gone")
      const { relaunch } = yield* machine
      const says = (ref: string) =>
        Effect.map(
          relaunch([...page(repository.url.httpsWithLogin), "-g", ref]),
          ({ code, stderr, stdout }) => (code === 0 ? stdout.trim() : stderr),
        )
      expect(yield* says("v1")).toBe("tagged")
      expect(yield* says("feature/x")).toBe("branch")
      expect(yield* says(branch)).toBe("branch")
      expect(yield* says(tagged.slice(0, 8))).toBe("tagged")
      expect(yield* says(gone)).toBe("gone")
      expect(yield* says(head)).toBe("head")
      const unknown = yield* relaunch([
        ...page(repository.url.httpsWithLogin),
        "--git-version",
        "feature/y",
      ])
      expect(unknown.code).toBe(3)
      expect(unknown.stderr).toContain("has no branch, tag or commit `feature/y`")
      expect(unknown.stderr).toContain("`feature/x`")
    }),
  )

  liveEffect("with `Dockerfile.wandb` found beside the entry point", () =>
    Effect.gen(function* () {
      const { url } = yield* gitRepository({ name: "launch-jobs", files: helloWorld })
      const { json } = yield* machine
      const flags = ["--uri", url.ssh, "-p", "demo", "-E", "python jobs/hello_world/job.py"]
      const plan = yield* json(["plan", ...flags])
      expect(plan.dockerfile).toMatchObject({ path: "Dockerfile.wandb" })
      expect(plan.context.folder).toBe("jobs/hello_world")
      expect(plan.command).toEqual(["python", "job.py"])
      const { run } = yield* json(flags)
      expect(run.exitCode).toBe(0)
    }),
  )

  liveEffect("refuses a wrong password in one line, and stores nothing", () =>
    Effect.gen(function* () {
      const { url } = yield* gitRepository({ name: "launch-jobs", files: helloWorld })
      const { json, relaunch } = yield* machine
      const failed = yield* relaunch(
        [...page(url.https), "--git-username", rig.git.https.user, "--json"],
        {
          env: { RELAUNCH_GIT_PASSWORD: "not-the-password" },
        },
      )
      expect(failed.code).toBe(3)
      expect(JSON.parse(failed.stdout).error).toMatchObject({
        code: "E_GIT_AUTH",
        message: `Access to \`${url.https}\` was refused`,
      })
      expect(failed.stdout + failed.stderr).not.toContain("not-the-password")
      expect(yield* json(["job", "list"])).toEqual([])
      const asked = yield* relaunch([...page(url.https), "--git-username", rig.git.https.user], {
        env: { RELAUNCH_GIT_PASSWORD: rig.git.https.password },
      })
      expect(asked.code).toBe(0)
    }),
  )

  liveEffect("fetches only what is new the second time", () =>
    Effect.gen(function* () {
      const repository = yield* gitRepository({ name: "launch-jobs", files: helloWorld })
      const { json } = yield* machine
      const first = yield* json(page(repository.url.ssh))
      const second = yield* json(page(repository.url.ssh))
      expect(second.job.version).toBe(first.job.version)
      expect(second.image).toMatchObject({ ref: first.image.ref, cached: true })
      const [next] = yield* repository.commit({ files: changed(crypto.randomUUID()) })
      const third = yield* json(page(repository.url.ssh))
      expect(third.job).toMatchObject({
        version: "v1",
        definition: { source: { git: { commit: next } } },
      })
      expect(third.image.cached).toBe(false)
    }),
  )
})
