import { join } from 'node:path'
import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import type { Did } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'

interface CreateOptions extends DataOptions {
  uses?: number
  for?: string
  json?: boolean
}

@SubCommand({
  name: 'create',
  description:
    'Make an invite code, and print it.\n\n' +
    'Whoever signs up with it needs nothing else. Where a server runs on the data directory, that server makes it.',
})
@Takes(DATA, JSON_OUTPUT)
export class InviteCreateCommand extends CommandRunner {
  async run(_: string[], options: CreateOptions): Promise<void> {
    const config = configOf(options)
    const uses = options.uses ?? 1
    const account = options.for === undefined ? null : await find(options.for, config)
    const { createInvite } = await import('./create-invite-anywhere.js')
    const code = await createInvite(uses, account, config)
    console.log(options.json ? JSON.stringify({ code, uses, forAccount: account ?? 'admin' }, null, 2) : code)
  }

  @Option({ flags: '--uses <n>', description: 'how many may sign up with it (default: 1)' })
  uses(n: string): number {
    if (!/^[1-9]\d{0,5}$/.test(n)) throw new WrongUsage(`--uses: not a number above zero: ${n}`)
    return Number(n)
  }

  @Option({ flags: '--for <handle-or-did>', description: 'an account here, which finds it among its own codes' })
  for(who: string): string {
    return who
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog invite create', 'skylog invite create --uses 5 --for alice.test'],
      '0 made · 1 failed · 2 wrong usage',
    )
  }
}

async function find(who: string, { dataDirectory }: Config): Promise<Did> {
  const { SqliteDatabase } = await import('../database/sqlite-database.js')
  const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
  const found = await Promise.resolve(
    database.read.get<{ did: Did }>('SELECT did FROM account WHERE did = ? OR handle = ?', who, who.toLowerCase()),
  ).finally(() => database.close())
  if (!found) throw new Error(`there is no account ${who} in ${dataDirectory}`)
  return found.did
}
