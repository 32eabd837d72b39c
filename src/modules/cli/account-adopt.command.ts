import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { section } from './format.js'
import { newPassword } from './new-password.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, rotationKeyOf, Takes, WrongUsage } from './options.js'

interface AdoptOptions extends DataOptions {
  email: string
  handle?: string
  rotationKeyFile?: string
  password?: string
  json?: boolean
}

@SubCommand({
  name: 'adopt',
  arguments: '<did>',
  argsDescription: { did: 'a did:plc whose repository is archived or mirrored here' },
  description:
    'Make an account of a repository that is kept here, when its host is gone.\n\n' +
    'Its identity is made to name this server, by a rotation key that the operator holds: the one in a file or in ' +
    "SKYLOG_ROTATION_KEY_HEX (64 hexadecimal digits, K-256 or P-256), else this server's own. The key signs one PLC " +
    'operation and is kept nowhere; the other rotation keys stay. Where a server runs on the data directory, that server ' +
    'does it.',
})
@Takes(DATA, JSON_OUTPUT)
export class AccountAdoptCommand extends CommandRunner {
  async run([did]: string[], options: AdoptOptions): Promise<void> {
    const { email, handle, json } = options
    if (!did!.startsWith('did:')) throw new WrongUsage(`not a DID: ${did}`)
    const config = configOf(options)
    const rotationKey = rotationKeyOf(options.rotationKeyFile)
    const password = options.password ?? newPassword()
    // Not at the end: should this be cut short, the account may still come to be.
    if (options.password === undefined) process.stderr.write(`Password, shown this once: ${password}\n`)
    const { adoptAccount } = await import('./adopt-account-anywhere.js')
    const account = await adoptAccount({ did: did!, email, password, handle, rotationKey }, config)
    if (json) console.log(JSON.stringify({ ...account, ...(options.password === undefined && { password }) }, null, 2))
    else {
      const [first, ...others] = account.rotationKeys
      console.log(
        section('Account adopted', [
          ['did', account.did],
          ['handle', account.handle],
          ['signing key', account.signingKey],
          ['rotation keys', first!],
          ...others.map((key) => ['', key] as const),
        ]),
      )
    }
  }

  @Option({ flags: '--email <address>', description: 'the address of its owner', required: true })
  email(address: string): string {
    return address
  }

  @Option({ flags: '--handle <handle>', description: 'left out: it keeps the one it has, if that still leads to it' })
  handle(handle: string): string {
    return handle
  }

  @Option({ flags: '--rotation-key-file <path>', description: 'a file with the private rotation key and nothing else' })
  rotationKeyFile(path: string): string {
    return path
  }

  @Option({ flags: '--password <password>', description: 'left out: one is made up and printed once' })
  password(password: string): string {
    return password
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog account adopt did:plc:ewvi7nxzyoun6zhxrhs64oiz --email alice@example.com --rotation-key-file alice.key',
        'skylog account adopt did:plc:ewvi7nxzyoun6zhxrhs64oiz --email alice@example.com --handle alice.example.com',
      ],
      '0 adopted · 1 failed · 2 wrong usage',
    )
  }
}
