/**
 * `kill -9` at any moment, 200 times over two launches side by side on one store: it is readable after
 * each, nothing that was acknowledged is lost, and `clean` removes what is left.
 * `RELAUNCH_TEST_SEED` repeats the moments of an earlier run, `RELAUNCH_TEST_KILLS` changes their number.
 */
import { expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { listJobs, listRuns } from "@relaunch/launch"
import { storeLayer } from "@relaunch/store"
import {
  gitRepository,
  liveEffect,
  startRelaunchCli,
  temporaryFolder,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"

const kills = Number(process.env["RELAUNCH_TEST_KILLS"] ?? 200)
const seed = Number(process.env["RELAUNCH_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31))
const lanes = 2

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
const numbers = (from: number) => {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface JobValue {
  readonly name: string
  readonly version: string
  readonly digest: string
}
interface RunValue {
  readonly id: string
  readonly state: string
}

const idOf = ({ digest, name, version }: JobValue) => `${name}:${version} ${digest}`

const prepared = Effect.gen(function* () {
  const user = yield* machine
  const dockerfile = "FROM python:3.13-slim\nCOPY main.py .\n"
  const code = yield* temporaryFolder({ "main.py": "print('one')\n", Dockerfile: dockerfile })
  const { url } = yield* gitRepository({
    files: { "main.py": "print('two')\n", "big.bin": "x".repeat(2_000_000) },
  })
  const common = ["-p", "demo", "-E", "python main.py", "--json"]
  const launch = ["--uri", code, "-J", "run", "-D", "Dockerfile", ...common]
  const edit = (text: string) => writeFiles(code, { "main.py": `print("${text}")\n` })
  /** Each may be given a text that makes its source new. */
  const actions = {
    "job from code": { args: ["job", "create", "code", code, "-n", "code", ...common], edit },
    "job from git": {
      args: ["job", "create", "git", url.httpsWithLogin, "-n", "git", ...common],
      // Nothing is in the cache, so that it is fetched again.
      edit: () =>
        Effect.sync(() =>
          fs.rmSync(join(user.home, "relaunch/cache"), { recursive: true, force: true }),
        ),
    },
    "unchanged launch": { args: launch, edit: () => Effect.void },
    "edited launch": { args: launch, edit },
  }
  return { ...user, actions }
})

const names = ["job from code", "job from git", "unchanged launch", "edited launch"] as const

liveEffect(
  `${kills} kills lose nothing that was acknowledged`,
  () =>
    Effect.gen(function* () {
      const { actions, home, json, relaunch } = yield* prepared
      const random = numbers(seed)
      const jobs = new Set<string>()
      const runs = new Map<string, string>()
      const counts: Record<string, { killed: number; done: number }> = {}
      const durations: Record<string, number> = {}
      const acknowledged = (said: string) => {
        const value = JSON.parse(said)
        const job: JobValue = value.job ?? value
        jobs.add(idOf(job))
        const run: RunValue | undefined = value.run
        if (run !== undefined) runs.set(run.id, run.state)
      }
      for (const name of names) {
        const began = performance.now()
        yield* actions[name].edit("first")
        const { code, stderr, stdout } = yield* relaunch(actions[name].args)
        if (code !== 0) throw new Error(stderr)
        acknowledged(stdout)
        durations[name] = performance.now() - began
        counts[name] = { killed: 0, done: 0 }
      }

      /** By a store that is opened anew. */
      const readable = Effect.gen(function* () {
        const expectedJobs = [...jobs]
        const expectedRuns = [...runs]
        const listed = yield* listJobs({
          entity: undefined,
          project: undefined,
          allVersions: true,
        })
        expect(listed.damaged).toEqual([])
        const there = new Set(listed.jobs.map(idOf))
        expect(expectedJobs.filter((job) => !there.has(job))).toEqual([])
        const found = new Map((yield* listRuns({})).map(({ id, state }) => [id, String(state)]))
        expect(expectedRuns.filter(([id, state]) => found.get(id) !== state)).toEqual([])
      }).pipe(Effect.provide(storeLayer({ home: join(home, "relaunch") })))

      const oneKill = (round: number) =>
        Effect.scoped(
          Effect.gen(function* () {
            const name = names[Math.floor(random() * names.length)] ?? "job from code"
            // Somewhat over what it took alone: two share the machine, and some shall end before.
            const after = random() * (durations[name] ?? 0) * 1.3
            yield* actions[name].edit(String(round))
            const child = yield* startRelaunchCli(actions[name].args, {
              home,
              env: rig.environment,
            })
            const finished = yield* Effect.timeoutOption(child.exited, after)
            if (finished._tag === "Some") {
              // An edit beside it may have come in between: then it says so, and acknowledges nothing.
              if (finished.value === 0) acknowledged(child.stdout())
              const count = counts[name]
              if (count !== undefined) count.done += 1
            } else {
              yield* child.signal("SIGKILL")
              yield* child.exited
              const count = counts[name]
              if (count !== undefined) count.killed += 1
            }
          }),
        )
      let round = 0
      const killed = () => Object.values(counts).reduce((sum, each) => sum + each.killed, 0)
      const lane = Effect.gen(function* () {
        while (killed() < kills) {
          round += 1
          yield* oneKill(round)
          yield* readable
        }
      })
      yield* Effect.all(
        Array.from({ length: lanes }, () => lane),
        { concurrency: lanes },
      )

      const told = yield* relaunch(["job", "list"])
      expect(told.stderr).toMatch(/^note: \d+ folders? left by a relaunch that was killed; /)
      const cleaned = yield* json(["clean", "--yes"])
      expect(yield* json(["clean", "--yes"])).toEqual([])
      expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
      expect(fs.readdirSync(join(home, "relaunch/processes"))).toEqual([])
      const filters = JSON.stringify({ label: [`dev.relaunch.home=${join(home, "relaunch")}`] })
      const left = yield* Effect.promise(async () => {
        const answer = await fetch(
          `http://engine/containers/json?all=1&filters=${encodeURIComponent(filters)}`,
          { unix: rig.engine.host.replace("unix://", "") },
        )
        return await answer.json()
      })
      expect(left).toEqual([])
      expect((yield* json(["store", "check"])).damage).toEqual([])
      const states = ((yield* json(["run", "list", "--limit", "10000"])) as ReadonlyArray<RunValue>)
        .map(({ state }) => state)
        .filter((state) => ["pending", "running"].includes(state))
      expect(states).toEqual([])
      for (const name of names) {
        const { code, stderr } = yield* relaunch(actions[name].args)
        expect([name, code === 0 ? "" : stderr]).toEqual([name, ""])
      }
      const kinds = (cleaned as ReadonlyArray<{ kind: string }>).map(({ kind }) => kind)
      const lines = Object.entries(counts).map(
        ([name, { done, killed: ended }]) => `${name}: ${ended} killed, ${done} ended before`,
      )
      const removed = [...new Set(kinds)].map(
        (kind) => `${kinds.filter((each) => each === kind).length} ${kind}`,
      )
      process.stderr.write(
        `seed ${seed}\n${lines.join("\n")}\nacknowledged and there after every kill: ${jobs.size} job versions, ${runs.size} runs\nremoved by clean: ${removed.join(", ")}\n`,
      )
    }),
  "15 minutes",
)
