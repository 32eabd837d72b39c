import { join } from 'node:path'
import { CommandRunner, Help, SubCommand } from 'nest-commander'
import type { Reader } from '../database/database.js'
import { count, counted, table } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface ListOptions extends DataOptions {
  json?: boolean
}

interface ListedInvite {
  code: string
  /** Handle or DID; `admin`: the operator's. */
  for: string
  available: number
  used: number
  disabled: boolean
  created: string
}

@SubCommand({ name: 'list', description: 'List the invite codes, newest first.\n\nThe server may be running.' })
@Takes(DATA, JSON_OUTPUT)
export class InviteListCommand extends CommandRunner {
  async run(_: string[], options: ListOptions): Promise<void> {
    const { dataDirectory } = configOf(options)
    const { SqliteDatabase } = await import('../database/sqlite-database.js')
    const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
    const invites = await listInvites(database.read).finally(() => database.close())
    console.log(options.json ? JSON.stringify(invites, null, 2) : listText(invites))
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog invite list --data ./data'], '0 fine · 1 failed · 2 wrong usage')
  }
}

async function listInvites(reader: Reader): Promise<ListedInvite[]> {
  const rows = await reader.all<Omit<ListedInvite, 'disabled'> & { disabled: number }>(
    `SELECT code, coalesce((SELECT handle FROM account WHERE did = for_account), for_account) AS "for", available, used,
       disabled, created_at AS created
     FROM invite_code ORDER BY created_at DESC, code DESC`,
  )
  return rows.map((row) => ({ ...row, disabled: row.disabled === 1 }))
}

function listText(invites: ListedInvite[]): string {
  const rows = invites.map(({ code, for: owner, available, used, disabled, created }) => [
    code,
    owner,
    count(used),
    count(available),
    disabled ? 'disabled' : used < available ? 'good' : 'used up',
    created,
  ])
  return table(counted(invites.length, 'code'), ['for', 'used', 'of', 'is', 'created'], rows)
}
