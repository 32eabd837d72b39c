import type { RestoredRecords } from '../repo/restore-records.js'
import { count, counted, section } from './format.js'
import { printable } from './report-list.command.js'

/** Records that are named one by one. */
const SHOWN = 20

/** What was done to records, or would be. */
export function restoredText(restored: RestoredRecords, dryRun: boolean): string {
  const { at, seq, created, updated, deleted, same, commits, changes, skipped } = restored
  const changed = created + updated + deleted
  // Of a key that was mistyped nothing else would tell.
  const isNothing = changed + same + skipped.count === 0
  const nothing = isNothing
    ? 'Nothing to bring back: there was nothing then, and is nothing now'
    : 'Nothing to bring back'
  const heading = changed === 0 ? nothing : dryRun ? 'This would be done' : 'Restored'
  const lines = [
    section(heading, [
      ['as of', `${at}, event ${seq}`],
      ['created', counted(created, 'record')],
      ['updated', counted(updated, 'record')],
      ['deleted', counted(deleted, 'record')],
      ['as they were', counted(same, 'record')],
      ['not possible', skipped.count === 0 ? null : counted(skipped.count, 'record')],
      ['commits', dryRun ? null : count(commits)],
    ]),
    ...changes.slice(0, SHOWN).map(({ action, path }) => `  ${action.padEnd(6)}  ${path}`),
  ]
  if (changed > SHOWN) lines.push(`  … and ${count(changed - SHOWN)} more`)
  if (skipped.count > 0)
    lines.push(
      'Not possible',
      ...skipped.records.slice(0, SHOWN).map(({ path, why }) => `  ${path}: ${printable(why)}`),
    )
  if (skipped.count > SHOWN) lines.push(`  … and ${count(skipped.count - SHOWN)} more`)
  return lines.join('\n')
}
