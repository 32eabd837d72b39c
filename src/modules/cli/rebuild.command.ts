import { Command, CommandRunner, Help, Option } from 'nest-commander'
import type { Difference } from '../../projections/replay/comparison.js'
import type { Rebuilt } from '../../projections/replay/rebuild.js'
import { count, counted, section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'
import { startProgress } from './progress.js'

interface RebuildOptions extends DataOptions {
  verify?: boolean
  json?: boolean
}

@Command({
  name: 'rebuild',
  arguments: '[names...]',
  argsDescription: { names: 'projections, for example like or post; all of them if none is named' },
  description:
    'Make the tables of app.bsky anew from the log.\n\n' +
    'The log is replayed into tables beside those that are read from, which then take their place, together with all ' +
    'projections that share tables with those named. Interrupted, it goes on where it was when it is started again. The ' +
    'server may be running: then it does the work, and goes on serving. With --verify nothing is put in place: what was ' +
    'rebuilt is compared with what is there, row for row.',
})
@Takes(DATA, JSON_OUTPUT)
export class RebuildCommand extends CommandRunner {
  async run(names: string[], options: RebuildOptions): Promise<void> {
    const { rebuild } = await import('./rebuild-online.js')
    const { verify = false } = options
    const progress = startProgress(verify ? 'Verifying' : 'Rebuilding', 0, 'events')
    let rebuilt: Rebuilt
    try {
      rebuilt = await rebuild(configOf(options), names, verify, (done, total) => progress.to(done, total))
    } finally {
      progress.end()
    }
    console.log(options.json ? JSON.stringify(rebuilt, null, 2) : resultText(rebuilt))
    if (rebuilt.differences?.length) process.exitCode = 1
  }

  @Option({ flags: '--verify', description: 'compare only, and say what differs' })
  verify(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog rebuild', 'skylog rebuild like post --data ./data', 'skylog rebuild --verify --json'],
      '0 rebuilt, or nothing differs · 1 failed, or something differs · 2 wrong usage',
    )
  }
}

function resultText({ projections, events, seconds, differences }: Rebuilt): string {
  const rate = count(Math.round(events / Math.max(seconds, 0.001)))
  const heading =
    differences === null ? 'Rebuilt' : differences.length > 0 ? 'Verified: tables differ' : 'Verified: nothing differs'
  return [
    section(heading, [
      ['projections', projections.join(', ')],
      ['events', `${count(events)} in ${seconds.toFixed(1)} s, ${rate}/s`],
    ]),
    ...(differences ?? []).map(differenceText),
  ].join('\n')
}

function differenceText({ table, live, rebuilt }: Difference): string {
  const rows = (side: Difference['live'], sign: string): string[] =>
    side.rows.map((row) => `    ${sign} ${JSON.stringify(row)}`)
  return [
    `  ${table}: ${counted(live.count, 'row')} that the log does not make (+), ${counted(rebuilt.count, 'row')} missing (-)`,
    ...rows(live, '+'),
    ...rows(rebuilt, '-'),
  ].join('\n')
}
