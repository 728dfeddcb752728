export { type Aim, type Comparison, type Line, type Result, resultOf } from "./comparison.ts"
export { groups } from "./groups.ts"
export { type Command, inTurns, median, type Subject, type Taken } from "./measure.ts"
