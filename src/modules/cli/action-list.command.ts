import { join } from 'node:path'
import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import type { Action } from '../audit/action-log.js'
import { Clock } from '../config/clock.js'
import { counted } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'
import { limitOf, printable } from './report-list.command.js'

interface ListOptions extends DataOptions {
  subject?: string
  limit?: number
  json?: boolean
}

const DEFAULT_LIMIT = 50

@SubCommand({
  name: 'list',
  description: 'List what was done, newest first: when, by whom, to what, and why.\n\nThe server may be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class ActionListCommand extends CommandRunner {
  async run(_: string[], { subject, limit = DEFAULT_LIMIT, json, ...options }: ListOptions): Promise<void> {
    const { dataDirectory } = configOf(options)
    const [{ SqliteDatabase }, { ActionLog }] = await Promise.all([
      import('../database/sqlite-database.js'),
      import('../audit/action-log.js'),
    ])
    const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
    const actions = await new ActionLog(database, new Clock())
      .list({ subject: subject ?? null, limit })
      .finally(() => database.close())
    console.log(json ? JSON.stringify(actions, null, 2) : listText(actions))
  }

  @Option({ flags: '--subject <subject>', description: 'only what was done to this DID, at-uri, or did/cid of a blob' })
  subject(subject: string): string {
    return subject
  }

  @Option({ flags: '--limit <number>', description: `at most so many (default: ${DEFAULT_LIMIT})` })
  limit(text: string): number {
    return limitOf(text)
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog action list', 'skylog action list --subject did:plc:ewvi7nxzyoun6zhxrhs64oiz --json'],
      '0 fine · 1 failed · 2 wrong usage',
    )
  }
}

function listText(actions: readonly Action[]): string {
  const lines = actions.map(
    ({ at, actor, action, subject, reason }) =>
      `${at}  ${actor}  ${action}  ${printable(subject)}${reason === null ? '' : `  (${printable(reason)})`}`,
  )
  return [counted(actions.length, 'action'), ...lines].join('\n')
}
