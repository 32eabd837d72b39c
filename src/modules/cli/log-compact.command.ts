import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { Clock } from '../config/clock.js'
import type { CompactedLog } from '../repo/compact-log.js'
import { parseDuration } from './duration.js'
import { bytes, counted, section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface CompactOptions extends DataOptions {
  before: number
  json?: boolean
}

@SubCommand({
  name: 'compact',
  description:
    'Drop the bytes of superseded records from old events.\n\n' +
    'What happened stays in the log, and all that a rebuild needs. Events that were compacted cannot be sent to subscribers ' +
    'of the firehose any more: who is further behind has to fetch the repositories. Where a server runs on the data ' +
    'directory, that server does it while it goes on serving.',
})
@Takes(DATA, JSON_OUTPUT)
export class LogCompactCommand extends CommandRunner {
  async run(_: string[], options: CompactOptions): Promise<void> {
    const { compactLog } = await import('./compact-log-anywhere.js')
    const before = new Date(new Clock().now() - options.before).toISOString()
    const compacted = await compactLog(before, configOf(options))
    console.log(options.json ? JSON.stringify({ before, ...compacted }, null, 2) : resultText(before, compacted))
  }

  @Option({
    flags: '--before <duration>',
    description: 'how old an event has to be: 30d, 12h, or ISO 8601 such as P30D or PT12H',
    required: true,
  })
  before(duration: string): number {
    return parseDuration('--before', duration)
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog log compact --before 30d'], '0 done · 1 failed · 2 wrong usage')
  }
}

function resultText(before: string, { until, events, parts, freed }: CompactedLog): string {
  const done = section(`Compacted the log before ${before}`, [
    ['up to', until === 0 ? 'no event is that old' : `event ${until}`],
    ['smaller', `${counted(events, 'commit')}, ${counted(parts, 'piece')} of imports`],
    ['freed', bytes(freed)],
  ])
  if (freed === 0) return done
  return `${done}\nThe database fills that space again; its file gets smaller when VACUUM is run on it while no server is.`
}
