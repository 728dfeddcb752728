export { checkedPlace } from "@relaunch/job"
export { type Download, downloadArtifact, listArtifacts } from "./artifacts.ts"
export { LaunchEvent } from "./event.ts"
export type { JobDecision } from "./job.ts"
export { deleteJob, describeJob, listJobs, versionsToDelete } from "./jobs.ts"
export { createJob, launch, prepareLaunch } from "./launch.ts"
export {
  type Leftover,
  leftContainers,
  leftovers,
  removeContainers,
  removeLeftovers,
} from "./leftovers.ts"
export { type LaunchPlan, plan } from "./plan.ts"
export {
  checkedLaunch,
  type JobRequest,
  type LaunchRequest,
  type SourceRequest,
  unwritableNumbers,
} from "./request.ts"
export type { SourceReport } from "./resolved.ts"
export {
  engineOfRun,
  listRuns,
  type RunDetails,
  recordCancelled,
  runLogs,
  showRun,
  stopRun,
} from "./runs.ts"
export { advertise, runningServer } from "./server.ts"
export type { LaunchSettings } from "./settings.ts"
export { RunSpecification } from "./specification.ts"
export { superviseRun } from "./supervise.ts"
export type { ArtifactValue, JobValue, RunValue } from "./values.ts"
