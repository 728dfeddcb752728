/**
 * A run that is ready to start, as a plain value: it can be handed to another process, through a
 * pipe and never through arguments, as it holds the run's secrets.
 */
import * as Schema from "effect/Schema"

const Texts = Schema.Record({ key: Schema.String, value: Schema.String })
const Anything = Schema.Record({ key: Schema.String, value: Schema.Unknown })

export const RunSpecification = Schema.Struct({
  entity: Schema.String,
  project: Schema.String,
  runId: Schema.String,
  runName: Schema.String,
  /** `entity/project/name:vN` */
  job: Schema.String,
  /** Backend whose engine has the image. */
  builder: Schema.String,
  /** Image id on the engine. */
  image: Schema.String,
  /** The image's name when it was not built here. */
  imageName: Schema.NullOr(Schema.String),
  platform: Schema.NullOr(Schema.String),
  entryPoint: Schema.NullOr(Schema.Array(Schema.String)),
  args: Schema.Array(Schema.String),
  config: Anything,
  environment: Texts,
  resources: Anything,
  gpus: Schema.NullOr(Schema.String),
  /** Seconds it may take; null for ever. */
  timeLimit: Schema.NullOr(Schema.Number),
  cancelGrace: Schema.Number,
})
export type RunSpecification = typeof RunSpecification.Type
