import { join } from 'node:path'
import { CommandRunner, Help, SubCommand } from 'nest-commander'
import type { Reader } from '../database/database.js'
import { count, counted, table } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface ListOptions extends DataOptions {
  json?: boolean
}

interface ListedAccount {
  did: string
  handle: string
  email: string
  status: string
  created: string
  records: number
}

@SubCommand({ name: 'list', description: 'List the accounts, oldest first.\n\nThe server may be running.' })
@Takes(DATA, JSON_OUTPUT)
export class AccountListCommand extends CommandRunner {
  async run(_: string[], options: ListOptions): Promise<void> {
    const { dataDirectory } = configOf(options)
    const { SqliteDatabase } = await import('../database/sqlite-database.js')
    const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
    const accounts = await listAccounts(database.read).finally(() => database.close())
    console.log(options.json ? JSON.stringify(accounts, null, 2) : listText(accounts))
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog account list --data ./data'], '0 fine · 1 failed · 2 wrong usage')
  }
}

/** An account without a repository hosted here is still coming to be. */
async function listAccounts(reader: Reader): Promise<ListedAccount[]> {
  return reader.all<ListedAccount>(
    `SELECT account.did, account.handle, account.email, account.created_at AS created,
       CASE WHEN repo.did IS NULL THEN 'incomplete' ELSE coalesce(repo.status, 'active') END AS status,
       (SELECT count(*) FROM record WHERE record.tree = repo.tree) AS records
     FROM account LEFT JOIN repo ON repo.did = account.did AND repo.hosting = 'hosted' ORDER BY account.created_at, account.did`,
  )
}

function listText(accounts: ListedAccount[]): string {
  const rows = accounts.map(({ did, handle, email, status, created, records }) => [
    did,
    handle,
    email,
    status,
    created,
    count(records),
  ])
  return table(counted(accounts.length, 'account'), ['handle', 'email', 'status', 'created', 'records'], rows)
}
