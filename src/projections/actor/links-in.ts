import { isAtUri, isDid } from '../../repo-engine/index.js'
import type { Link } from '../derived/backlinks.js'

/** More is not looked for in one record. */
const MAX_LINKS = 100
const MAX_DEPTH = 16
const MAX_PATH = 256

/**
 * Everything that a record of whatever kind points at: every string in it that is an at-uri or a DID, under the names that
 * lead to it, joined by dots; places in arrays are left out (`facets.features.did`). Each once, in the record's order.
 */
export function linksIn(record: Record<string, unknown>): Link[] {
  const links = new Map<string, Link>()
  walk(record, '', 0, links)
  return [...links.values()]
}

function walk(value: unknown, path: string, depth: number, links: Map<string, Link>): void {
  if (links.size >= MAX_LINKS) return
  if (typeof value === 'string') {
    if (isDid(value) || isAtUri(value)) links.set(`${path} ${value}`, { target: value, path })
  } else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH) {
    const inArray = Array.isArray(value)
    for (const [name, inner] of Object.entries(value)) {
      const at = inArray ? path : path ? `${path}.${name}` : name
      if (at.length <= MAX_PATH) walk(inner, at, depth + 1, links)
    }
  }
}
