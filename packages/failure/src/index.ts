export { exitCodes, type FailureCode, failureCodes } from "./codes.ts"
export { type ErrorReport, failureOf, reportOf, textOf } from "./explain.ts"
export { Failure, type FailureFields, failure, reasonOf } from "./failure.ts"
export { byNearness, nearestName } from "./near.ts"
