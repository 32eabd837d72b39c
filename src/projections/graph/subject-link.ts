import type { Did } from '../../repo-engine/index.js'
import { collectionOf } from '../at-uri.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import type { Effects, Pointer } from '../derived/one-per-subject.js'

/** What every record that points at one subject has in common: it is filed under it, at `<collection>:subject`. */
export const subjectLink: Effects = {
  apply: (pointer, tx) => addBacklinks(tx, sourceOf(pointer), linksOf(pointer)),
  retract: (pointer, tx) => removeBacklinks(tx, sourceOf(pointer), linksOf(pointer)),
}

function sourceOf({ uri, did, sort_at }: Pointer): Parameters<typeof addBacklinks>[1] {
  return { uri, did: did as Did, collection: collectionOf(uri), sortAt: sort_at }
}

const linksOf = ({ subject }: Pointer): Link[] => [{ target: subject, path: 'subject' }]
