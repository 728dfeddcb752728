/** What the SDK changes about runs. */
import { randomBytes } from "node:crypto"
import { failure } from "@relaunch/failure"
import type { RunFields, RunKey } from "@relaunch/store"
import * as Schema from "effect/Schema"
import { type Call, idParts, mayWrite, placeOf } from "./call.ts"
import { newRunFileNode } from "./file.ts"
import { Flag, inputOf, known, type MutationArguments, Text, Texts } from "./input.ts"
import { projectNode } from "./project.ts"
import { runId, runKeyOf, runNode } from "./run.ts"

const bucketInput = inputOf(
  "upsertBucket",
  Schema.Struct({
    id: Text,
    name: Text,
    modelName: Text,
    entityName: Text,
    displayName: Text,
    description: Text,
    notes: Text,
    config: Text,
    summaryMetrics: Text,
    jobType: Text,
    groupName: Text,
    tags: Texts,
    jobProgram: Text,
    jobRepo: Text,
    commit: Text,
    host: Text,
    sweep: Text,
    debug: Flag,
  }),
)

const runFilesInput = inputOf(
  "createRunFiles",
  Schema.Struct({
    entityName: Text,
    projectName: Text,
    runName: Schema.String,
    files: Schema.Array(Schema.String),
  }),
)

const idInput = (mutation: string) => inputOf(mutation, Schema.Struct({ id: Schema.String }))
const deleteRunInput = idInput("deleteRun")
const stopRunInput = idInput("stopRun")

const deleteFilesInput = inputOf(
  "deleteFiles",
  Schema.Struct({ files: Schema.Array(Schema.String) }),
)

const alertInput = inputOf(
  "notifyScriptableRunAlert",
  Schema.Struct({
    entityName: Text,
    projectName: Text,
    runName: Schema.String,
    title: Schema.String,
    text: Schema.String,
    severity: Text,
  }),
)

const modelInput = inputOf("upsertModel", Schema.Struct({ entityName: Text, name: Text }))

const keyIn = (id: string): RunKey => {
  const key = runKeyOf(id)
  if (key === undefined) throw failure("E_RUN_NOT_FOUND", `No run with the id \`${id}\``)
  return key
}

const newId = (): string => randomBytes(8).toString("hex").slice(0, 8)

type BucketInput = ReturnType<typeof bucketInput>

const fieldsOf = (input: BucketInput): RunFields => ({
  name: known(input.displayName),
  description: known(input.description),
  notes: known(input.notes),
  configText: known(input.config),
  summaryText: known(input.summaryMetrics),
  jobType: known(input.jobType),
  group: known(input.groupName),
  tags: known(input.tags),
  program: known(input.jobProgram),
  commit: known(input.commit),
  repo: known(input.jobRepo),
  host: known(input.host),
  sweep: known(input.sweep),
})

export const runMutations = (call: Call) => {
  const { ask, store } = call
  const { projects, runs } = store.sdk
  const writable = (key: RunKey): RunKey => {
    mayWrite(call, key)
    return key
  }
  const placed = (input: {
    readonly entityName?: string | null | undefined
    readonly projectName?: string | null | undefined
    readonly runName: string
  }): RunKey =>
    writable({ ...placeOf(call, input.entityName, input.projectName), id: input.runName })

  /** A process that logs names its run; the public Api, which only edits it, gives the id alone. */
  const upserted = (input: BucketInput) => {
    const key = writable(
      input.id
        ? keyIn(input.id)
        : { ...placeOf(call, input.entityName, input.modelName), id: input.name || newId() },
    )
    if (input.name || !input.id) return ask(runs.start(key, fieldsOf(input)))
    const run = ask(runs.edit(key, fieldsOf(input)))
    if (run === undefined) {
      throw failure("E_RUN_NOT_FOUND", `No run \`${key.entity}/${key.project}/${key.id}\``)
    }
    return { run, inserted: false }
  }

  return {
    upsertBucket: (given: MutationArguments) => {
      const { inserted, run } = upserted(bucketInput(given))
      return { bucket: runNode(call, run), inserted, serverSettings: { serverMessages: [] } }
    },
    createRunFiles: (given: MutationArguments) => {
      const input = runFilesInput(given)
      const key = placed(input)
      const run = ask(runs.find(key)) ?? ask(runs.start(key, {})).run
      return {
        runID: runId(run),
        uploadHeaders: [],
        files: input.files.map((path) => newRunFileNode(call, run.number, path)),
      }
    },
    markRunFilesUploaded: { success: true, clientMutationId: null },
    deleteFiles: (given: MutationArguments) => {
      const numbers = deleteFilesInput(given).files.flatMap((id) => {
        const number = Number(idParts(id, "RunFile")?.[0])
        if (!Number.isSafeInteger(number)) return []
        const project = ask(runs.projectOfFile(number))
        if (project !== undefined) mayWrite(call, project)
        return [number]
      })
      ask(runs.removeFiles(numbers))
      return { success: true, clientMutationId: null }
    },
    deleteRun: (given: MutationArguments) => {
      // What the run logged stays: `wandb job create` deletes its hidden run and keeps the job.
      ask(store.runs.remove(writable(keyIn(deleteRunInput(given).id))))
      return { clientMutationId: null }
    },
    stopRun: (given: MutationArguments) => {
      ask(store.runs.requestStop(writable(keyIn(stopRunInput(given).id))))
      return { success: true, clientMutationId: null }
    },
    notifyScriptableRunAlert: (given: MutationArguments) => {
      const input = alertInput(given)
      const { severity, text, title } = input
      ask(runs.alert(placed(input), { title, text, severity: severity ?? "INFO" }))
      return { success: true, clientMutationId: null }
    },
    upsertModel: (given: MutationArguments) => {
      const input = modelInput(given)
      const key = placeOf(call, input.entityName, input.name)
      mayWrite(call, key)
      const inserted = ask(projects.find(key)) === undefined
      const project = projectNode(call, ask(projects.ensure(key)))
      return { project, model: project, inserted }
    },
  }
}
