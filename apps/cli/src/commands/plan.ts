/** `relaunch plan`, and `--dry-run` of a launch. */
import { exitCodes, type Failure } from "@relaunch/failure"
import { type LaunchPlan, type LaunchRequest, plan } from "@relaunch/launch"
import * as Effect from "effect/Effect"
import type { CommandEffect, Flags } from "../contract.ts"
import type { Choice } from "../detect.ts"
import { launchLayers, plannedHome } from "../layers.ts"
import { answer, answerJson } from "../output.ts"
import { planText } from "../render/plan.ts"
import { whileWaiting } from "../render/waiting.ts"
import { launchRequestOf, launchSettingsOf } from "../request.ts"
import type { TellChoice } from "../services.ts"
import { type Session, session } from "../session.ts"
import { warnings } from "../warnings.ts"

export const planned = (
  current: Session,
  request: LaunchRequest,
  tell?: TellChoice,
): Effect.Effect<LaunchPlan, Failure> =>
  Effect.flatMap(launchSettingsOf(current), (settings) =>
    Effect.scoped(
      Effect.flatMap(plannedHome(current), (home) =>
        plan(request, settings).pipe(
          Effect.scoped,
          Effect.provide(launchLayers(home, undefined, tell)),
        ),
      ),
    ).pipe(whileWaiting(current, "plan the launch")),
  )

export const planOf = (current: Session): Effect.Effect<number, Failure> =>
  Effect.gen(function* () {
    let builder: Choice | undefined
    const tell: TellChoice = (choice) =>
      Effect.sync(() => {
        builder = choice
      })
    const found = yield* planned(current, yield* launchRequestOf(current), tell)
    const { entity, name, project, version } = found.job
    warnings.told.push(...found.warnings)
    if (current.flag("json")) yield* answerJson(found)
    else if (current.flag("quiet")) yield* answer(`${entity}/${project}/${name}:${version}`)
    else yield* answer(planText(found, builder))
    return exitCodes.success
  })

export const planCommand = (flags: Flags): CommandEffect => Effect.flatMap(session(flags), planOf)
