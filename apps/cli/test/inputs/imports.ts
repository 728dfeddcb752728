/**
 * Jobs that came over the wire: logged by the real SDK, both versions, to our server, as its own command
 * makes them (`_partial`) and as nobody's command would.
 */
import * as fs from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startRelaunchCli } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "../command.ts"
import { python } from "../sdk.ts"
import type { BadInput } from "./case.ts"

const versions = { "0.31.0": rig.python.wandb, "0.17.1": rig.python.oldWandb } as const
type Version = keyof typeof versions

interface Job {
  readonly name: string
  readonly entryPoint: ReadonlyArray<string>
  /** As `wandb job create` makes it, which splits the entry point at its spaces. */
  readonly partial?: true
}

const main = ["python", "main.py"]

const jobs = {
  partial: { name: "partial", partial: true, entryPoint: main },
  partialShell: {
    name: "partial-shell",
    partial: true,
    entryPoint: [...main, ";", "$(id)", "|`id`"],
  },
  partialOption: { name: "partial-option", partial: true, entryPoint: ["--privileged", "main.py"] },
  partialNewline: { name: "partial-newline", partial: true, entryPoint: [...main, "a\nRUN"] },
  partialNul: { name: "partial-nul", partial: true, entryPoint: [...main, "a\0b"] },
  shell: { name: "shell", entryPoint: [...main, "; touch /tmp/x", "$(id)", "`id`", "\"'\\"] },
  option: { name: "option", entryPoint: ["-c", "id"] },
  newline: { name: "newline", entryPoint: [...main, "a\nRUN id\n"] },
  nul: { name: "nul", entryPoint: [...main, "a\0b"] },
  many: { name: "many", entryPoint: [...main, ...Array.from({ length: 10_000 }, () => "word")] },
  empty: { name: "empty", entryPoint: [] },
  dash: { name: "-rf", entryPoint: main },
  space: { name: "a b", entryPoint: main },
  markup: { name: "<b>$(id)", entryPoint: main },
  accents: { name: "caf\u00e9", entryPoint: main },
  climbing: { name: "../../x", entryPoint: main },
  dots: { name: "..", entryPoint: main },
  colon: { name: "x:v9", entryPoint: main },
  lines: { name: "a\nb", entryPoint: main },
  long: { name: "x".repeat(300), entryPoint: main },
} as const satisfies Readonly<Record<string, Job>>

/** Logs each, and says of each what came of it. The SDK's own checks of names are stepped over. */
const logging = `
import json, wandb
import wandb.sdk.launch.create_job as create
try: from wandb.sdk.launch.api import LaunchApi as Api
except ImportError: from wandb.apis.internal import Api
place = {"entity": "local", "project": "demo"}
said = {}
def tried(name, action):
    try: said[name] = None if action() is not None else "nothing was made"
    except Exception as error: said[name] = str(error)
def partial(job):
    words = " ".join(job["entryPoint"])
    return create._create_job(Api(), "code", "code", name=job["name"], runtime="3.13", entrypoint=words, **place)[0]
def plain(job):
    artifact = wandb.Artifact("plain", "thing")
    artifact._type, artifact._name = "job", job["name"]
    with artifact.new_file("wandb-job.json") as file:
        json.dump({"_version": "v0", "source_type": "artifact", "source": {"artifact": "wandb-artifact://local/demo/code-x:latest", "entrypoint": job["entryPoint"], "notebook": False}, "input_types": {}, "output_types": {}, "runtime": "3.13"}, file)
    run.log_artifact(artifact)
    return artifact.wait(60)
jobs = json.load(open("jobs.json"))
for job in jobs:
    if job.get("partial"): tried(job["name"], lambda: partial(job))
with wandb.init(**place) as run:
    code = wandb.Artifact("code-x", "code")
    code.add_dir("code")
    run.log_artifact(code).wait(60)
    for job in jobs:
        if not job.get("partial"): tried(job["name"], lambda: plain(job))
print("said " + json.dumps(said))
`

interface Imported {
  /** A store with all of them. */
  readonly store: string
  /** Why the SDK could not log a job; null where it could. */
  readonly said: Readonly<Record<string, string | null>>
}

const logged = (version: Version): Effect.Effect<Imported, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { home, json } = yield* machine
      const server = yield* startRelaunchCli(["serve", "--port", "0"], {
        home,
        env: rig.environment,
      })
      yield* server.waitForText(/listening on/)
      const variables: Readonly<Record<string, string>> = yield* json(["env", "-p", "demo"])
      fs.mkdirSync(join(home, "code"))
      fs.writeFileSync(
        join(home, "code/main.py"),
        "import sys\nprint(len(sys.argv), sys.argv[1:4])\n",
      )
      fs.writeFileSync(join(home, "code/requirements.txt"), "")
      fs.writeFileSync(join(home, "jobs.json"), JSON.stringify(Object.values(jobs)))
      // Its reports of errors would try to reach another network for seconds each.
      const settings = { ...variables, WANDB_ERROR_REPORTING: "false" }
      const text = yield* python(logging, home, settings, home, versions[version])
      yield* server.signal("SIGTERM")
      yield* server.exited
      const store = yield* Effect.promise(() => mkdtemp(join(tmpdir(), "relaunch-test-")))
      process.once("exit", () => fs.rmSync(store, { recursive: true, force: true }))
      fs.cpSync(join(home, "relaunch"), store, { recursive: true })
      return { store, said: JSON.parse(/^said (.*)$/m.exec(text)?.[1] ?? "{}") }
    }),
  )

/** Each version logs once for all tries of this process. */
const imported = (() => {
  const made = new Map<Version, Promise<Imported>>()
  return (version: Version) => {
    const known = made.get(version) ?? Effect.runPromise(logged(version))
    made.set(version, known)
    return Effect.tryPromise(() => known)
  }
})()

/** `refused` where the server shall not take the job at all. */
const of = (
  what: string,
  job: Job,
  answer: BadInput["answer"],
  more: { readonly refused?: RegExp; readonly stored?: BadInput["stored"] } = {},
): ReadonlyArray<BadInput> =>
  (Object.keys(versions) as ReadonlyArray<Version>).map((version) => ({
    title: `${what}, by wandb ${version}`,
    args: more.refused === undefined ? [`--job=demo/${job.name}`] : ["job", "list"],
    setUp: ({ home }) =>
      Effect.gen(function* () {
        const { said, store } = yield* imported(version)
        const reason = said[job.name]
        if (!(more.refused === undefined ? reason === null : more.refused.test(reason ?? ""))) {
          return yield* Effect.fail(new Error(`wandb ${version} said of ${what}: ${reason}`))
        }
        fs.cpSync(store, join(home, "relaunch"), { recursive: true })
        return {}
      }),
    answer,
    ...(more.stored === undefined ? {} : { stored: more.stored }),
  }))

const ran = { stored: { runs: 1 } }
const finished = { says: /^run \w+ finished/ }
/** The program prints how many words it got, and the first of them, as Python writes them. */
const got = (words: RegExp) => ({ says: words })
const notFound = {
  says: /^error: Run `\w+` failed with exit code 127: the entry point, .* was not found \[E_RUN_FAILED\]$/,
  status: 1,
}
const refusedWord = (number: number, hint = /--entry-point/) =>
  ({
    code: "E_ENTRY_POINT",
    message: `Word ${number} of the entry point holds a NUL character, which no program can be given`,
    hint,
  }) as const
const notTaken = { refused: /cannot be the name of an artifact/ }
const noJob = { says: /^$/ }

export const imports: ReadonlyArray<BadInput> = [
  ...of("a job that `wandb job create` made", jobs.partial, finished, ran),
  ...of(
    "a made job of a shell's characters",
    jobs.partialShell,
    got(/^4 \[';', '\$\(id\)', '\|`id`'\]$/),
    ran,
  ),
  ...of("a made job whose program is an option", jobs.partialOption, notFound, ran),
  ...of("a made job with a newline in a word", jobs.partialNewline, got(/^2 \['a\\nRUN'\]$/), ran),
  ...of("a made job with a NUL in a word", jobs.partialNul, refusedWord(3)),
  ...of(
    "a job of a shell's characters",
    jobs.shell,
    got(/^5 \['; touch \/tmp\/x', '\$\(id\)', '`id`'\]$/),
    ran,
  ),
  ...of("a job whose program is an option", jobs.option, notFound, ran),
  ...of("a job with an instruction in a word", jobs.newline, got(/^2 \['a\\nRUN id\\n'\]$/), ran),
  ...of("a job with a NUL in a word", jobs.nul, refusedWord(3)),
  ...of("a job of 10,000 words", jobs.many, {
    code: "E_ENTRY_POINT",
    message: /^The entry point has 10002 words of 70\.0 kB; /,
    hint: /file that the program reads/,
  }),
  ...of("a job without a word", jobs.empty, {
    code: "E_ENTRY_POINT",
    message: "Job `empty` has an entry point without words",
    hint: /--entry-point/,
  }),
  ...of("a job's name like an option", jobs.dash, finished, ran),
  ...of("a job's name with a space", jobs.space, finished, ran),
  ...of("a job's name of markup and a shell's characters", jobs.markup, finished, ran),
  ...of("a job's name with an accent", jobs.accents, finished, ran),
  ...of("a job's name that climbs out", jobs.climbing, noJob, notTaken),
  ...of("a job's name of two dots", jobs.dots, noJob, notTaken),
  ...of("a job's name with a version in it", jobs.colon, noJob, notTaken),
  ...of("a job's name of two lines", jobs.lines, noJob, notTaken),
  ...of("a job's name of 300 characters", jobs.long, noJob, notTaken),
]
