import { Command, CommandRunner, Help, Option } from 'nest-commander'
import type { Config } from '../config/config.js'
import type { RecordHistory } from '../repo/record-history.js'
import { readDatabase } from './find-account.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'
import { startProgress } from './progress.js'
import { limitOf } from './report-list.command.js'

interface HistoryOptions extends DataOptions {
  limit?: number
  json?: boolean
}

const DEFAULT_LIMIT = 20

@Command({
  name: 'history',
  arguments: '<at-uri>',
  argsDescription: { 'at-uri': 'a record, at://<did or handle>/<collection>/<rkey>, which may be gone by now' },
  description:
    'Show what a record has been, version by version, newest first.\n\n' +
    'The log has every version of a record whose repository is here: when it was written, by which commit, and its value, ' +
    'unless that was dropped by "log compact". Printed is how each differs from the one before it; --json has the values. ' +
    'The server may be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class HistoryCommand extends CommandRunner {
  async run([uri]: string[], { limit = DEFAULT_LIMIT, json, ...options }: HistoryOptions): Promise<void> {
    const [{ didOf, namedRecord }, { historyJson, historyText }] = await Promise.all([
      import('./named-records.js'),
      import('./history-text.js'),
    ])
    const { who, path } = namedRecord(uri!)
    const config = configOf(options)
    const did = await didOf(who, config)
    const history = await read(config, did, path, limit)
    const record = `at://${did}/${path}`
    if (history.total === 0) throw new Error(`the log in ${config.dataDirectory} has never had a record ${record}`)
    console.log(json ? JSON.stringify(historyJson(record, history), null, 2) : historyText(record, history))
  }

  @Option({ flags: '--limit <number>', description: `at most so many versions (default: ${DEFAULT_LIMIT})` })
  limit(text: string): number {
    return limitOf(text)
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog history at://alice.test/app.bsky.actor.profile/self',
        'skylog history at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3kznmn7xqxl22 --limit 3 --json',
      ],
      '0 fine · 1 there is none, or failed · 2 wrong usage',
    )
  }
}

async function read(config: Config, did: string, path: string, limit: number): Promise<RecordHistory> {
  const { recordHistory } = await import('../repo/record-history.js')
  return readDatabase(config, async (reader) => {
    const row = await reader.get<{ n: number }>('SELECT count(*) AS n FROM commit_log WHERE did = ?', did)
    if (row!.n === 0) throw new Error(`the log in ${config.dataDirectory} has nothing of ${did}`)
    const progress = startProgress('Reading the log', row!.n, 'events')
    try {
      return await recordHistory(reader, did, path, limit, (events) => progress.to(events))
    } finally {
      progress.end()
    }
  })
}
