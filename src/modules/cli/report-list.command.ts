import { join } from 'node:path'
import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { Clock } from '../config/clock.js'
import type { Report } from '../moderation/reports.js'
import { counted } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'

interface ListOptions extends DataOptions {
  closed?: boolean
  all?: boolean
  limit?: number
  json?: boolean
}

const DEFAULT_LIMIT = 50

@SubCommand({
  name: 'list',
  description: 'List reports, newest first: those that are open, unless told.\n\nThe server may be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class ReportListCommand extends CommandRunner {
  async run(_: string[], { closed, all, limit = DEFAULT_LIMIT, json, ...options }: ListOptions): Promise<void> {
    const { dataDirectory } = configOf(options)
    const [{ SqliteDatabase }, { Reports }, { ActionLog }] = await Promise.all([
      import('../database/sqlite-database.js'),
      import('../moderation/reports.js'),
      import('../audit/action-log.js'),
    ])
    const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
    const clock = new Clock()
    const reports = await new Reports(database, clock, new ActionLog(database, clock))
      .list({ open: all ? null : !closed, before: null, limit })
      .finally(() => database.close())
    console.log(json ? JSON.stringify(reports, null, 2) : listText(reports))
  }

  @Option({ flags: '--closed', description: 'those that are resolved' })
  closed(): boolean {
    return true
  }

  @Option({ flags: '--all', description: 'open and resolved ones' })
  all(): boolean {
    return true
  }

  @Option({ flags: '--limit <number>', description: `at most so many (default: ${DEFAULT_LIMIT})` })
  limit(text: string): number {
    return limitOf(text)
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog report list', 'skylog report list --closed --json'], '0 fine · 1 failed · 2 wrong usage')
  }
}

/** @throws WrongUsage for what is no number of lines */
export function limitOf(text: string): number {
  const limit = Number(text)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 10_000)
    throw new WrongUsage('--limit takes a number from 1 to 10000')
  return limit
}

function listText(reports: readonly Report[]): string {
  const lines = reports.map(({ id, createdAt, reasonType, subject, reportedBy, reason, resolvedAt, note }) => {
    const what = 'uri' in subject ? subject.uri : 'cid' in subject ? `${subject.did}/${subject.cid}` : subject.did
    return [
      `#${id}  ${createdAt}  ${reasonType.split('#reason')[1] ?? reasonType}  ${what}`,
      `    by ${reportedBy}${reason === null ? '' : `: ${printable(reason)}`}`,
      ...(resolvedAt === null ? [] : [`    resolved ${resolvedAt}${note === null ? '' : `: ${printable(note)}`}`]),
    ].join('\n')
  })
  return [counted(reports.length, 'report'), ...lines].join('\n')
}

/** What others have written, on one line that no terminal takes for a command. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 300)
}
