import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommandRunner, Help, Option } from 'nest-commander'
import type { AdoptedPerson, AdoptedServer } from '../migration/adopt-official.js'
import { count, section, table } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'
import { startProgress } from './progress.js'

interface AdoptOfficialOptions extends DataOptions {
  env?: string
  blobs?: string
  json?: boolean
}

/** What a run gives, and what it leaves to the operator. */
interface Report extends AdoptedServer {
  left: string[]
}

@Command({
  name: 'adopt-official',
  arguments: '<directory>',
  argsDescription: { directory: 'the data directory of an official PDS, whose server is stopped' },
  description:
    'Take the place of an official PDS.\n\n' +
    'Takes over its accounts with their passwords, sessions, signing keys, preferences, takedowns, blobs and repositories, whose ' +
    'newest commits stay as they are, into a data directory of this server that is empty. Its secrets become those of this ' +
    'server; they are read from its settings, which are in pds.env in the directory unless told otherwise. The directory ' +
    'is only read. Interrupted, it goes on where it was when it is started again. The server must not be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class AdoptOfficialCommand extends CommandRunner {
  async run([directory]: string[], options: AdoptOfficialOptions): Promise<void> {
    const { adoptOfficial } = await import('./adopt-official-offline.js')
    const besides = join(directory!, 'pds.env')
    const env = options.env ?? (existsSync(besides) ? besides : null)
    const progress = startProgress('Adopting', 0, 'accounts')
    let report: Report
    try {
      report = await adoptOfficial(
        { directory: directory!, env, blobs: options.blobs ?? null },
        (settings) => configOf(options, {}, settings),
        (done, total) => progress.to(done, total),
      )
    } finally {
      progress.end()
    }
    console.log(options.json ? JSON.stringify(report, null, 2) : reportText(report))
    if (report.accounts.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1
  }

  @Option({ flags: '--env <file>', description: 'its settings (default: pds.env in the directory)' })
  env(file: string): string {
    return file
  }

  @Option({ flags: '--blobs <directory>', description: 'its blobs (default: as its settings say)' })
  blobs(directory: string): string {
    return directory
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog adopt-official /pds --data ./data',
        'skylog adopt-official /pds --env /pds/pds.env --blobs /pds/blocks --json',
      ],
      '0 everything adopted · 1 failed, or some accounts could not be taken · 2 wrong usage',
    )
  }
}

function reportText({ accounts, inviteCodes, lastSeq, left }: Report): string {
  const of = (outcome: AdoptedPerson['outcome']): number => accounts.filter((one) => one.outcome === outcome).length
  const taken = accounts.filter((one) => one.outcome === 'taken')
  const failed = accounts.filter((one) => one.outcome === 'failed')
  return [
    section('Adopted', [
      ['accounts', `${count(of('taken'))} now, ${count(of('there'))} before, ${count(of('failed'))} not`],
      ['invite codes', count(inviteCodes)],
      ['sequence', `goes on above ${count(lastSeq)}`],
    ]),
    ...(taken.length > 0
      ? [
          table(
            'Account',
            ['status', 'records', 'blobs', 'sessions', 'commit'],
            taken.map(({ did, handle, status, records, blobs, sessions, kept }) => [
              handle ?? did,
              status,
              count(records),
              count(blobs),
              count(sessions),
              kept ? 'kept' : 'signed anew',
            ]),
          ),
        ]
      : []),
    ...(failed.length > 0
      ? [
          section(
            'Not taken',
            failed.map(({ did, handle, reason }) => [handle ?? did, reason]),
          ),
        ]
      : []),
    ['Left to do', ...left.map((line) => `  - ${line}`)].join('\n'),
  ].join('\n\n')
}
