import { join } from 'node:path'
import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import type { Did } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import { confirmed } from './ask.js'
import { counted } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'

interface DeleteOptions extends DataOptions {
  yes?: boolean
  json?: boolean
}

/** What would go. */
interface Doomed {
  did: Did
  /** Null for a repository that is archived or mirrored here. */
  handle: string | null
  records: number
}

@SubCommand({
  name: 'delete',
  arguments: '<handle-or-did>',
  argsDescription: { 'handle-or-did': 'an account here, or the DID of a repository that is archived or mirrored here' },
  description:
    'Delete an account with all that it has here.\n\n' +
    'Its events, records and private data are removed everywhere; one event remains, which says that it is deleted. Its ' +
    'identity stays in the PLC directory. Where a server runs on the data directory, that server does it.',
})
@Takes(DATA, JSON_OUTPUT)
export class AccountDeleteCommand extends CommandRunner {
  async run([who]: string[], options: DeleteOptions): Promise<void> {
    const config = configOf(options)
    const doomed = await find(who!, config)
    if (!options.yes) await confirm(doomed)
    const { deleteAccount } = await import('./delete-account-anywhere.js')
    const { erased } = await deleteAccount(doomed.did, config)
    if (options.json) console.log(JSON.stringify({ ...doomed, erased }, null, 2))
    else
      console.log(
        `Deleted ${nameOf(doomed)}` + (erased ? '' : '\nThe server is removing what it has left, in the background.'),
      )
  }

  @Option({ flags: '--yes', description: 'do not ask' })
  yes(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog account delete alice.test', 'skylog account delete did:plc:ewvi7nxzyoun6zhxrhs64oiz --yes'],
      '0 deleted · 1 failed, or not confirmed · 2 wrong usage',
    )
  }
}

async function find(who: string, { dataDirectory }: Config): Promise<Doomed> {
  const { SqliteDatabase } = await import('../database/sqlite-database.js')
  const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
  const found = await Promise.resolve(
    database.read.get<Doomed>(
      `SELECT did, handle, (SELECT count(*) FROM record WHERE tree = (SELECT tree FROM repo WHERE repo.did = named.did)) AS records
       FROM (SELECT did, handle FROM account WHERE did = ? OR handle = ?
             UNION ALL SELECT did, NULL FROM repo WHERE did = ? AND hosting <> 'hosted' AND (status IS NULL OR status <> 'deleted')) AS named`,
      who,
      who.toLowerCase(),
      who,
    ),
  ).finally(() => database.close())
  if (!found) throw new Error(`there is no account ${who} in ${dataDirectory}`)
  return found
}

/** @throws Error unless somebody at a terminal types the name again. */
async function confirm(doomed: Doomed): Promise<void> {
  if (!process.stdin.isTTY) throw new WrongUsage('nobody is there to be asked; --yes deletes without asking')
  const question = `Delete ${nameOf(doomed)} with ${counted(doomed.records, 'record')}? It cannot be undone.`
  await confirmed(question, doomed.handle ?? doomed.did)
}

function nameOf({ did, handle }: Doomed): string {
  return handle === null ? `the copy of ${did} that is kept here` : `${handle} (${did})`
}
