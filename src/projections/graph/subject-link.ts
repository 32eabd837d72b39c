import type { Did } from '../../repo-engine/index.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import type { Effects, Pointer } from '../derived/one-per-subject.js'

/** What every record that points at one subject has in common: it is filed under it, at `<collection>:subject`. */
export function subjectLink(collection: string): Effects {
  const source = ({ uri, did, sort_at }: Pointer) => ({ uri, did: did as Did, collection, sortAt: sort_at })
  const links = ({ subject }: Pointer): Link[] => [{ target: subject, path: 'subject' }]
  return {
    apply: (pointer, tx) => addBacklinks(tx, source(pointer), links(pointer)),
    retract: (pointer, tx) => removeBacklinks(tx, source(pointer), links(pointer)),
  }
}
