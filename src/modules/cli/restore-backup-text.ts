import { count, counted, section } from './format.js'
import type { Restored } from './restore-backup.js'

/** Names of each kind that are printed. */
const SHOWN = 20

/** Beside how many repositories were told of anew, where the end is known. */
const ALL_KNOWN = 'as the end is known; if the server has run since, restore again with --ran-since'

/** What was restored, for people. */
export function restoredBackupText(restored: Restored): string {
  const { directory, time, isAll, endProblem, floor, files, blobs, mended, repos, movedTo, problems } = restored
  const lines: [string, string][] = [
    ['directory', directory],
    ['moment', time],
    ['files', count(files)],
    ['blobs', `${count(blobs.restored)} restored, ${count(blobs.present)} there already`],
    ['checked', repos === 1 ? '1 repository' : `${count(repos)} repositories`],
    ['told anew', `${count(mended.signedAnew)}, ${isAll ? ALL_KNOWN : 'as nobody knows what was written last'}`],
    ['goes on', `above event ${floor}`],
  ]
  if (endProblem !== null) lines.push(['end', endProblem])
  if (movedTo !== null) lines.push(['before', movedTo])
  if (mended.mailsDropped > 0) lines.push(['not sent', counted(mended.mailsDropped, 'mail')])
  const list = (label: string, names: readonly string[], total = names.length): void => {
    if (total > 0) lines.push([label, count(total)])
    for (const name of names.slice(0, SHOWN)) lines.push(['', name])
    if (total > SHOWN) lines.push(['', '…'])
  }
  list('missing', blobs.missing.cids, blobs.missing.count)
  list('gone', mended.gone)
  list('without key', mended.withoutKey)
  list('problems', problems)
  return section(problems.length > 0 ? 'Restored with problems, and not put in place' : 'Restored', lines)
}
