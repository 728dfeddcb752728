/** A run as the SDK sees it. What W&B calls `name` is our id, and its `displayName` our name. */
import { type RunKey, rawMember, rawMembers, type SdkRun } from "@relaunch/store"
import { type Call, idParts, wireId, wireTime } from "./call.ts"
import { connection, type PageArguments } from "./connection.ts"
import { runFileNode } from "./file.ts"
import {
  eventsFile,
  historyFile,
  historyKeys,
  historyLines,
  sampledHistory,
  systemMetrics,
  tail,
} from "./history.ts"
import { projectNode } from "./project.ts"
import { userNode } from "./viewer.ts"

interface FilesArguments extends PageArguments {
  readonly names?: ReadonlyArray<string | null> | null
  /** As in SQL's LIKE: `%` and `_`. */
  readonly pattern?: string | null
}

/** The SDK builds such ids itself when it stops a run. */
export const runId = ({ entity, id, project }: RunKey): string =>
  wireId("Run", "v1", id, project, entity)

export const runKeyOf = (wire: string): RunKey | undefined => {
  const [id, project, entity] = idParts(wire, "Run", "v1") ?? []
  return id === undefined || project === undefined || entity === undefined
    ? undefined
    : { entity, project, id }
}

/** Clients ask for `./a b.txt` too. */
const plainPath = (path: string | null): string => (path ?? "").replace(/^(\.\/)+/, "")

const likePattern = (pattern: string): RegExp => {
  const parts = [...pattern].map((letter) =>
    letter === "%" ? ".*" : letter === "_" ? "." : letter.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"),
  )
  return new RegExp(`^${parts.join("")}$`, "is")
}

const wandbConfig = (
  configText: string,
  keys: ReadonlyArray<string> | null | undefined,
): string => {
  const own = rawMember(rawMember(configText, "_wandb") ?? "{}", "value") ?? "{}"
  const members = rawMembers(own).filter(([key]) => keys?.includes(key) ?? true)
  return `{${members.map(([key, raw]) => `${JSON.stringify(key)}:${raw}`).join(",")}}`
}

export const runNode = (call: Call, run: SdkRun) => {
  const { ask, store } = call
  const { artifacts, projects, runs } = store.sdk
  const count = (file: string) => () => ask(runs.lineCount(run, file))
  const files = ({ names, pattern }: FilesArguments) => {
    const wanted = new Set((names ?? []).map(plainPath))
    const like = pattern ? likePattern(pattern) : undefined
    return ask(runs.files(run)).filter(
      ({ path }) => (wanted.size === 0 || wanted.has(path)) && (like?.test(path) ?? true),
    )
  }
  const linked = (role: "input" | "output") => (page: PageArguments) =>
    connection(ask(artifacts.ofRun(run.number, role)), page, (each) => call.nodes.artifact(each))

  return {
    __typename: "Run",
    id: runId(run),
    projectId: String(run.projectNumber),
    project: () => projectNode(call, ask(projects.ensure(run))),
    name: run.id,
    displayName: run.name,
    state: run.state,
    stopped: run.stopRequested,
    shouldStop: run.stopRequested,
    config: run.configText,
    summaryMetrics: run.summaryText,
    systemMetrics: () => systemMetrics(call, run),
    wandbConfig: ({ keys }: { readonly keys?: ReadonlyArray<string> | null }) =>
      wandbConfig(run.configText, keys),
    tags: run.tags,
    group: run.group,
    jobType: run.jobType,
    jobProgram: run.program,
    commit: run.commit,
    repo: run.repo,
    host: run.host,
    sweepName: run.sweep,
    readOnly: false,
    createdAt: wireTime(run.createdAt),
    heartbeatAt: wireTime(run.heartbeatAt),
    description: run.description,
    notes: run.notes,
    user: () => userNode(call),
    historyLineCount: count(historyFile),
    eventsLineCount: count(eventsFile),
    logLineCount: count("output.log"),
    historyTail: () => tail(call, run, historyFile),
    eventsTail: () => tail(call, run, eventsFile),
    historyKeys: () => historyKeys(call, run),
    history: (page: Parameters<typeof historyLines>[2]) => historyLines(call, run, page),
    events: ({ samples }: { readonly samples?: number | null }) =>
      ask(runs.sampled(run, eventsFile, samples ?? 500)),
    sampledHistory: ({ specs }: { readonly specs: ReadonlyArray<unknown> }) =>
      sampledHistory(call, run, specs),
    // The SDK then reads the rows page by page from `history`.
    parquetHistory: { parquetUrls: [], liveData: [] },
    logLines: ({ last, ...page }: PageArguments & { readonly last?: number | null }) => {
      const lines = ask(store.runs.lines(run, "output.log")).map((line, at) => ({ line, at }))
      return connection(last ? lines.slice(-last) : lines, page, ({ at, line }) => ({
        number: at,
        timestamp: null,
        level: line.startsWith("ERROR ") ? "error" : "info",
        label: "",
        line,
      }))
    },
    fileCount: () => ask(runs.files(run)).length,
    files: (page: FilesArguments) =>
      connection(files(page), page, (file) => runFileNode(call, run.number, file)),
    inputArtifacts: linked("input"),
    outputArtifacts: linked("output"),
  }
}
