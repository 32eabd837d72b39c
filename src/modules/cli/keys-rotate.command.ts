import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import type { RotatedKeys } from '../account/identity/rotate-keys.js'
import { counted, section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'
import { startProgress } from './progress.js'

interface RotateOptions extends DataOptions {
  signing?: boolean
  rotation?: boolean
  all?: boolean
  json?: boolean
}

@SubCommand({
  name: 'rotate',
  arguments: '[account]',
  argsDescription: { account: 'its handle or its DID' },
  description:
    'Replace keys, of one account or of all.\n\n' +
    '--signing: the key that signs the commits of an account. Its identity names the new one, its head is signed anew, and ' +
    'whoever follows it is told.\n' +
    "--rotation, with --all: the key of this server that changes its accounts' identities. A new one is kept in " +
    'secrets.json beside the old one until every identity names it: back that file up again afterwards. Cut short, it goes ' +
    'on where it was when it is started again. With one account, that one is moved to the key of today.\n' +
    'Where a server runs on the data directory, that server does it.',
})
@Takes(DATA, JSON_OUTPUT)
export class KeysRotateCommand extends CommandRunner {
  async run([account]: string[], options: RotateOptions): Promise<void> {
    const { signing = false, rotation = false, all = false, json } = options
    if (!signing && !rotation) throw new WrongUsage('say which keys: --signing, --rotation or both')
    if (all === (account !== undefined)) throw new WrongUsage('say whose keys: one account, or --all')
    const { rotateKeys } = await import('./rotate-keys-anywhere.js')
    const progress = startProgress('Rotating', 0, 'keys')
    let rotated: RotatedKeys
    try {
      const wish = { signing, rotation, account: account ?? null }
      rotated = await rotateKeys(configOf(options), wish, (done, total) => progress.to(done, total))
    } finally {
      progress.end()
    }
    console.log(json ? JSON.stringify(rotated, null, 2) : resultText(rotated, all))
    if (rotated.leftOut.length > 0) process.exitCode = 1
  }

  @Option({ flags: '--signing', description: 'the signing keys of accounts' })
  signing(): boolean {
    return true
  }

  @Option({ flags: '--rotation', description: 'the rotation key of this server' })
  rotation(): boolean {
    return true
  }

  @Option({ flags: '--all', description: 'of all accounts' })
  all(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog keys rotate --signing alice.test', 'skylog keys rotate --rotation --all'],
      '0 rotated · 1 failed, or some accounts keep their keys · 2 wrong usage',
    )
  }
}

function resultText({ signing, rotation, formerKeys, leftOut }: RotatedKeys, all: boolean): string {
  const lines: [string, string][] = []
  // One account is moved to the key that there is.
  if (rotation !== null)
    lines.push(['rotation key', `${all ? 'new, ' : ''}named by ${counted(rotation, 'account')} more`])
  if (formerKeys > 0)
    lines.push(['', `${counted(formerKeys, 'former key')} kept: start it again when the rest can be moved`])
  if (signing !== null) lines.push(['signing keys', `new for ${counted(signing, 'account')}`])
  const left = leftOut.map(({ did, handle, reason }) => `  left out: ${handle} (${did}): ${reason}`)
  return [section('Keys rotated', lines), ...left].join('\n')
}
