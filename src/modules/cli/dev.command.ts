import { Command, CommandRunner, Help, Option } from 'nest-commander'
import type { TestAccount, TestMail, TestNetwork } from '../dev-network/test-network.js'
import { counted, section, table } from './format.js'
import { helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'

interface DevOptions {
  port: number
  pds: number
  people: number
  json?: boolean
}

/** For a network by hand; the official development environment has it too. */
const PORT = 2583

@Command({
  name: 'dev',
  description:
    'Run a network with people and posts in it until Ctrl-C, and leave nothing behind.\n\n' +
    'Several servers (--pds) share a PLC directory and follow each other. Nothing outside of this machine is asked or\n' +
    'answered, and mail is shown here instead of being sent. Never for anything that is to last: that is `skylog serve`.',
})
@Takes(JSON_OUTPUT)
export class DevCommand extends CommandRunner {
  async run(_: string[], { port = PORT, pds = 1, people = 4, json }: Partial<DevOptions>): Promise<void> {
    const stopped = signalled()
    const { startNetwork } = await import('../dev-network/local-network.js')
    // Where a program reads, nothing stands beside the one document.
    const settings: Record<string, string> = json ? { LOG_ENABLED: 'false' } : {}
    const network = await startNetwork({ port, pds, settings }, (mail) => void (json || console.log(mailText(mail))))
    try {
      const accounts = people > 0 ? await network.seed(people) : []
      console.log(json ? JSON.stringify(jsonOf(network, accounts), null, 2) : text(network, accounts))
      await stopped
    } finally {
      await network.close()
    }
  }

  @Option({ flags: '--port <number>', description: `of the first server; 0 picks free ones (default: ${PORT})` })
  port(port: string): number {
    return within('--port', port, 0, 65_000)
  }

  @Option({ flags: '--pds <number>', description: 'servers, 1 to 20 (default: 1)' })
  pds(count: string): number {
    return within('--pds', count, 1, 20)
  }

  @Option({ flags: '--people <number>', description: 'how many people there are, 0 to 2000 (default: 4)' })
  people(count: string): number {
    return within('--people', count, 0, 2_000)
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog dev', 'skylog dev --pds 3 --people 50', 'skylog dev --port 0 --json'],
      '0 stopped · 1 could not start · 2 wrong usage',
    )
  }
}

function within(flag: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new WrongUsage(`${flag}: not a whole number from ${least} to ${most}: ${text}`)
}

/** Resolves when somebody wants this to end; whoever says so again is not in more of a hurry. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
}

function jsonOf({ pds, plcUrl }: TestNetwork, accounts: readonly TestAccount[]): object {
  return {
    plcUrl,
    pds,
    accounts: accounts.map(({ handle, did, password, email, service }) => ({ handle, did, password, email, service })),
  }
}

function text({ pds, plcUrl }: TestNetwork, accounts: readonly TestAccount[]): string {
  const servers = pds.map(({ url, firehoseUrl, handleDomain, adminPassword }, i) =>
    section(url, [
      ['handles', `*${handleDomain}`],
      ['firehose', firehoseUrl],
      ['PLC directory', i === 0 ? plcUrl : null],
      ['admin password', adminPassword],
    ]),
  )
  const rows = accounts.map(({ handle, password, did, service }) => [handle, password, did, service])
  const people = rows.length === 0 ? [] : [table(counted(rows.length, 'account'), ['password', 'DID', 'server'], rows)]
  return [...servers, ...people, 'Ctrl-C ends it and removes everything.'].join('\n\n')
}

function mailText({ kind, to, subject, code }: TestMail): string {
  return `mail to ${to} (${kind}): ${subject}${code === null ? '' : `, code ${code}`}`
}
