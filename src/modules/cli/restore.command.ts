import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { count, counted, section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'
import type { Restored } from './restore-backup.js'

interface RestoreOptions extends DataOptions {
  at?: string
  lost?: string
  moveAside?: boolean
  endpoint?: string
  json?: boolean
}

/** Names of each kind that are printed. */
const SHOWN = 20
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

@Command({
  name: 'restore',
  arguments: '<source>',
  argsDescription: { source: 'what was a target of backup: a folder, or s3://bucket/folder' },
  description:
    'Make a data directory out of a backup.\n\n' +
    'Everything is held against its hashes, and all repositories are checked, before the directory is there. Nothing is ' +
    'written over: the directory must be new or empty. Whoever has followed the server may know later states than the one ' +
    'that is restored, so numbers and revs go on above all that may have been given out, and repositories are told of anew. ' +
    'With --lost less has to be told.',
})
@Takes(DATA, JSON_OUTPUT)
export class RestoreCommand extends CommandRunner {
  async run([source]: string[], options: RestoreOptions): Promise<void> {
    const { restoreBackup } = await import('./restore-backup.js')
    const { at = null, lost = null, endpoint = null, moveAside = false } = options
    const wish = { source: source!, endpoint, lost, moveAside, at: at === null ? null : Date.parse(at) }
    const restored = await restoreBackup(wish, (data = options.data) => configOf({ data }))
    console.log(options.json ? JSON.stringify(restored, null, 2) : restoredText(restored))
    if (restored.problems.length > 0) process.exitCode = 1
  }

  @Option({ flags: '--at <time>', description: 'as it was at a moment, as 2026-08-01T12:00:00Z (default: the newest)' })
  at(text: string): string {
    if (!MOMENT.test(text) || Number.isNaN(Date.parse(text)))
      throw new WrongUsage(`--at: not a time such as 2026-08-01T12:00:00Z: ${text}`)
    return text
  }

  @Option({ flags: '--lost <directory>', description: 'the data directory that was lost, if it can still be read' })
  lost(directory: string): string {
    return directory
  }

  @Option({ flags: '--move-aside', description: 'rename the data directory that is in the way' })
  moveAside(): boolean {
    return true
  }

  @Option({ flags: '--endpoint <url>', description: 'where S3 is (default: BACKUP_S3_ENDPOINT, or that of the blobs)' })
  endpoint(url: string): string {
    if (!URL.canParse(url)) throw new WrongUsage(`--endpoint: not a URL: ${url}`)
    return url
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog restore /mnt/backup --data ./data',
        'skylog restore s3://my-bucket/skylog --at 2026-08-01T12:00:00Z --move-aside',
      ],
      '0 restored · 1 failed, or problems found · 2 wrong usage',
    )
  }
}

function restoredText(restored: Restored): string {
  const { directory, time, isAll, endProblem, floor, files, blobs, mended, repos, movedTo, problems } = restored
  const lines: [string, string][] = [
    ['directory', directory],
    ['moment', time],
    ['files', count(files)],
    ['blobs', `${count(blobs.restored)} restored, ${count(blobs.present)} there already`],
    ['checked', repos === 1 ? '1 repository' : `${count(repos)} repositories`],
    ['told anew', `${count(mended.signedAnew)}${isAll ? '' : ', as nobody knows what was written last'}`],
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
