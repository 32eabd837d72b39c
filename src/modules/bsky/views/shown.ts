import type { Hydration } from '../hydrate/hydration.js'
import { hides } from './label-view.js'

/** Whether an actor is to be shown at all: known here, active, not taken down (or the operator looks). */
export function isShown(did: string, h: Hydration): boolean {
  const actor = h.actors.get(did)
  if (!actor) return false
  return h.context.admin || (actor.status === null && !actor.takenDown && !hides(actor.labels, h))
}
