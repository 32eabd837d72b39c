import type { ComAtprotoLabelDefsLabel } from '../../lexicon/types.js'
import type { Actor } from '../hydrate/actors.js'
import type { Hydration } from '../hydrate/hydration.js'
import { hides } from './label-view.js'

/** Whether an actor is to be shown at all: known here, active, not taken down (or the operator looks). */
export function isShown(did: string, h: Hydration): boolean {
  const actor = h.actors.get(did)
  if (!actor) return false
  return h.context.admin || (actor.status === null && !actor.takenDown && !hides(labelsOn(did, actor), h, null))
}

/** The profile of an actor, unless labels on that record hide it: it alone, not the account. */
export function shownProfile(actor: Actor, h: Hydration): Actor['profile'] {
  const { profile } = actor
  if (!profile || h.context.admin) return profile
  return hides(labelsOn(profile.uri, actor), h, profile) ? null : profile
}

function labelsOn(subject: string, { labels }: Actor): Actor['labels'] {
  return labels.length === 0 ? labels : labels.filter(({ uri }) => uri === subject)
}

/** A record that may be taken down, by the operator or by the labels on it. */
interface Record {
  cid: string
  did: string
  labels: readonly ComAtprotoLabelDefsLabel[]
  takenDown: boolean
}

/** A record, when it is here and may be shown at all; and so may its author. */
export function shownRecord<R extends Record>(record: R | undefined, h: Hydration): R | undefined {
  if (!record || !isShown(record.did, h)) return undefined
  return h.context.admin || !(record.takenDown || hides(record.labels, h, record)) ? record : undefined
}
