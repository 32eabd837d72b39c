/** Whether the tables of app.bsky are of this version and have come as far as the log. */
import { definitionOf } from '../../../projections/projection.js'
import { INLINE, readPosition } from '../../../projections/position.js'
import { PROJECTION_CLASSES } from '../../../projections/projections.module.js'
import { readRebuild, readVersions } from '../../../projections/replay/rebuild-row.js'
import { type Check, ofDatabase } from '../check.js'
import { counted, type Finding, note, orElse, warning } from '../finding.js'

export const PROJECTIONS: Check[] = [
  ofDatabase('projections', async ({ read }) => {
    const found: Finding[] = []
    // Before the log: it never says more than that.
    const position = await readPosition(read, INLINE)
    const { last } = (await read.get<{ last: number | null }>('SELECT max(seq) AS last FROM commit_log'))!
    const versions = await readVersions(read)
    const stale = PROJECTION_CLASSES.map(definitionOf).filter(({ name, version }) => versions[name] !== version)
    const rebuilding = await readRebuild(read)
    if (last !== null && stale.length > 0)
      found.push(
        warning(
          `tables of another version: ${stale.map(({ name }) => name).join(', ')}`,
          'The server rebuilds them when it starts; `skylog rebuild` does it now.',
        ),
      )
    const behind = (await read.get<{ n: number }>('SELECT count(*) AS n FROM commit_log WHERE seq > ?', position))!.n
    // An append that is under way is in neither or in both; what came between the two questions is in one.
    if (last !== null && position < last && behind > 0)
      found.push(
        warning(
          `the tables are ${counted(behind, 'event')} behind the log`,
          'The server catches up when it starts: restart it, or `skylog rebuild`.',
        ),
      )
    if (rebuilding) found.push(note('a rebuild is under way, or was interrupted', '`skylog rebuild` goes on with it.'))
    return orElse(found, 'the tables of app.bsky have come as far as the log')
  }),
]
