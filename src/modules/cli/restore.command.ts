import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'
import type { RestoreRecordsOptions } from './restore-records.js'

@Command({
  name: 'restore',
  arguments: '<what>',
  argsDescription: { what: 'the at-uri of a record, or the handle or DID of an account that is hosted here' },
  description:
    'Bring a record, or all records of an account, back to what they were.\n\n' +
    'The log knows what stood at the moment of --at. What has changed since is written again as it was, what has come since is ' +
    'deleted, by new commits that everybody hears of as usual. What "log compact" has dropped, and records whose blobs are gone, ' +
    'are named and left as they are. Where a server runs on the data directory, that server does it.',
})
@Takes(DATA, JSON_OUTPUT)
export class RestoreCommand extends CommandRunner {
  async run([what]: string[], options: DataOptions & RestoreRecordsOptions): Promise<void> {
    const { namedRecords } = await import('./named-records.js')
    const named = namedRecords(what!)
    if (!named) throw new WrongUsage(`neither an at-uri, nor a DID or a handle: ${what}`)
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

  @Option({ flags: '--dry-run', description: 'only say what would be done' })
  dryRun(): boolean {
    return true
  }

  @Option({ flags: '--yes', description: 'do not ask' })
  yes(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog restore at://alice.test/app.bsky.actor.profile/self --at 2h',
        'skylog restore alice.test --at 2026-03-01T12:00:00Z --dry-run',
      ],
      '0 all is as it was · 1 failed, or something cannot be brought back · 2 wrong usage',
    )
  }
}
