import { invalidRequest } from '../../modules/xrpc/xrpc-error.js'
import type { ProjectionDefinition } from '../projection.js'

/**
 * The projections of these names, all where none is named, and those that share tables with them, directly or through
 * others: none of them can be rebuilt without the rest. @throws XrpcError 400 for a name that there is not
 */
export function sharing(all: readonly ProjectionDefinition[], names: readonly string[]): ProjectionDefinition[] {
  const unknown = names.filter((wanted) => !all.some(({ name }) => name === wanted))
  if (unknown.length > 0)
    throw invalidRequest(
      `there is no projection ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`,
    )
  let chosen = names.length > 0 ? all.filter(({ name }) => names.includes(name)) : [...all]
  for (let before = -1; before !== chosen.length;) {
    before = chosen.length
    const tables = new Set(chosen.flatMap((definition) => definition.tables))
    chosen = all.filter(
      (definition) => chosen.includes(definition) || definition.tables.some((table) => tables.has(table)),
    )
  }
  return chosen
}
