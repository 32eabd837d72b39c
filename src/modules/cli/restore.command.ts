import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, IDENTITY_FILE, JSON_OUTPUT, Takes, WrongUsage } from './options.js'
import type { RestoreBackupOptions } from './restore-from-backup.js'
import type { RestoreRecordsOptions } from './restore-records.js'

/** What is one way of restoring alone. */
const OF_BACKUPS = ['lost', 'ranSince', 'moveAside', 'endpoint', 'identityFile'] as const
const OF_RECORDS = ['dryRun', 'yes'] as const

@Command({
  name: 'restore',
  arguments: '<what>',
  argsDescription: {
    what:
      'the at-uri of a record, or the handle or DID of an account that is hosted here; or a backup: a folder, with a slash ' +
      'in its name, or s3://bucket/folder',
  },
  description:
    'Bring a record, or all records of an account, back to what they were; or make a data directory of a backup.\n\n' +
    'Records: the log knows what stood at the moment of --at. What has changed since is written again as it was, what has come ' +
    'since is deleted, by new commits that everybody hears of as usual. What "log compact" has dropped, and records whose ' +
    'blobs are gone, are named and left as they are. Where a server runs on the data directory, that server does it.\n\n' +
    'A backup: everything is held against its hashes, and all repositories are checked, before the directory is there. Nothing ' +
    'is written over: the directory must be new or empty. Whoever has followed the server may know later states than the one ' +
    'that is restored, so numbers and revs go on above all that may have been given out, and repositories are told of anew; ' +
    'with --lost, only those that need it.',
})
@Takes(DATA, IDENTITY_FILE, JSON_OUTPUT)
export class RestoreCommand extends CommandRunner {
  async run([what]: string[], options: DataOptions & RestoreRecordsOptions & RestoreBackupOptions): Promise<void> {
    const { namedRecords } = await import('./named-records.js')
    const named = namedRecords(what!)
    const isBackup = !named && /^(?!at:)(s3:|.*[/\\]|\.\.?$)/.test(what!)
    if (!named && !isBackup) throw new WrongUsage(`neither an at-uri, nor a DID or a handle, nor a backup: ${what}`)
    const alien = (isBackup ? OF_RECORDS : OF_BACKUPS).find((name) => options[name] !== undefined)
    if (alien) throw new WrongUsage(`--${alien.replace(/[A-Z]/g, '-$&').toLowerCase()} is not for ${what}`)
    if (!named) {
      const { restoreFromBackup } = await import('./restore-from-backup.js')
      return restoreFromBackup(what!, options)
    }
    const { restoreNamed } = await import('./restore-records.js')
    return restoreNamed(named, configOf(options), options)
  }

  @Option({
    flags: '--at <time>',
    description: 'the moment: ISO 8601, UTC unless it names a zone, or how long ago it was: 2h, 30d, P1D',
  })
  at(time: string): string {
    return time
  }

  @Option({ flags: '--dry-run', description: 'records: only say what would be done' })
  dryRun(): boolean {
    return true
  }

  @Option({ flags: '--yes', description: 'records: do not ask' })
  yes(): boolean {
    return true
  }

  @Option({ flags: '--lost <directory>', description: 'a backup: the data directory that was lost, if it can be read' })
  lost(directory: string): string {
    return directory
  }

  @Option({
    flags: '--ran-since',
    description: 'a backup: the server has run since it said there that it stops, so tell of every repository anew',
  })
  ranSince(): boolean {
    return true
  }

  @Option({ flags: '--move-aside', description: 'a backup: rename the data directory that is in the way' })
  moveAside(): boolean {
    return true
  }

  @Option({
    flags: '--endpoint <url>',
    description: 'a backup: where S3 is (default: BACKUP_S3_ENDPOINT, or that of the blobs)',
  })
  endpoint(url: string): string {
    if (!URL.canParse(url)) throw new WrongUsage(`--endpoint: not a URL: ${url}`)
    return url
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog restore at://alice.test/app.bsky.actor.profile/self --at 2h',
        'skylog restore alice.test --at 2026-03-01T12:00:00Z --dry-run',
        'skylog restore /mnt/backup --data ./data',
        'skylog restore s3://my-bucket/skylog --at 2026-08-01T12:00:00Z --move-aside',
      ],
      '0 all is as it was · 1 failed, or something cannot be brought back · 2 wrong usage',
    )
  }
}
