import { join } from 'node:path'
import { Command, CommandRunner, Help, Option } from 'nest-commander'
import type { Moved, Secret } from '../migration/move/move-account.js'
import { askHidden } from './ask.js'
import { count, section } from './format.js'
import { newPassword } from './new-password.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, secretOf, Takes, WrongUsage } from './options.js'
import { type Progress, startProgress } from './progress.js'

interface MigrateOptions extends DataOptions {
  from: string
  handle: string
  to?: string
  newHandle?: string
  email?: string
  inviteCode?: string
  recoveryKey?: string
  plc?: string
  state?: string
  passwordFile?: string
  newPasswordFile?: string
  factorCodeFile?: string
  codeFile?: string
  json?: boolean
}

/** Where each secret is had from: an option with a file, a variable, and what a terminal is asked. */
const SECRETS: Record<Secret, [option: keyof MigrateOptions, variable: string, question: string]> = {
  password: ['passwordFile', 'SKYLOG_PASSWORD', 'Password on the old server: '],
  'new-password': ['newPasswordFile', 'SKYLOG_NEW_PASSWORD', 'Password for the new server (empty: one is made up): '],
  'factor-code': ['factorCodeFile', 'SKYLOG_FACTOR_CODE', 'Code of the second factor: '],
  'identity-code': ['codeFile', 'SKYLOG_CODE', 'Code that the old server has mailed: '],
}
const WAITS = 3

@Command({
  name: 'migrate',
  description:
    'Move an account from another server to this one.\n\n' +
    'Does as its owner what there is to do on both servers: the account, the repository, the blobs, the preferences, the ' +
    'identity. Until the identity moves, the account lives where it was. How far it has come is kept in a file: interrupted, ' +
    'or when something is missing, it goes on from there when it is started again. Passwords and codes are asked for on the ' +
    'terminal, or come from files or the environment (SKYLOG_PASSWORD, SKYLOG_NEW_PASSWORD, SKYLOG_FACTOR_CODE, SKYLOG_CODE). ' +
    'The servers are any two that speak the protocol: the same command moves an account away.',
})
@Takes(DATA, JSON_OUTPUT)
export class MigrateCommand extends CommandRunner {
  async run(_: string[], options: MigrateOptions): Promise<void> {
    const config = configOf(options)
    const from = originOf('--from', options.from)
    const to = originOf('--to', options.to ?? `http://localhost:${config.port}`)
    const plc = originOf('--plc', options.plc ?? config.plcUrl ?? to)
    const { MoveAccount, MoveWaits } = await import('../migration/move/move-account.js')
    const { MoveFile, newMove } = await import('../migration/move/move-state.js')
    const name = options.handle.replace(/[^\w.@-]/g, '_')
    const file = new MoveFile(options.state ?? join(config.dataDirectory, 'moves', `${name}.json`))
    const state = file.read() ?? newMove(from, to, options.handle)
    if (state.from !== from || state.to !== to)
      throw new WrongUsage(`${file.path} is a move from ${state.from} to ${state.to}: finish that one, or take it away`)
    if (state.identifier !== options.handle)
      throw new WrongUsage(`${file.path} is a move of ${state.identifier}: finish that one, or name another file`)
    const { newHandle, email, inviteCode, recoveryKey } = options
    const shown = new StepProgress()
    const move = new MoveAccount(state, {
      ...{ newHandle, email, inviteCode, recoveryKey, plc },
      save: (kept) => file.write(kept),
      ask: (secret) => this.ask(secret, options),
      onStep: (step) => shown.begin(step),
      onProgress: (what, done, total) => shown.to(what, done, total),
    })
    try {
      const moved = await move.run()
      file.remove()
      console.log(options.json ? JSON.stringify(moved, null, 2) : movedText(moved))
    } catch (error) {
      if (!(error instanceof MoveWaits)) throw error
      process.stderr.write(`skylog: the move waits: ${error.message}. Start it again with that, and it goes on\n`)
      process.exitCode = WAITS
    } finally {
      shown.end()
    }
  }

  private async ask(secret: Secret, options: MigrateOptions): Promise<string | null> {
    const [option, variable, question] = SECRETS[secret]
    const given = secretOf(options[option] as string | undefined, variable) ?? (await askHidden(question))
    if (given || secret !== 'new-password') return given
    const made = newPassword()
    process.stderr.write(`Password for the new server, shown this once: ${made}\n`)
    return made
  }

  @Option({ flags: '--from <url>', description: 'the server where the account is', required: true })
  from(url: string): string {
    return url
  }

  @Option({
    flags: '--handle <handle>',
    description: 'who signs in there: a handle, an address or a DID',
    required: true,
  })
  handle(handle: string): string {
    return handle
  }

  @Option({ flags: '--to <url>', description: 'the server where it will be (default: the one on the data directory)' })
  to(url: string): string {
    return url
  }

  @Option({ flags: '--new-handle <handle>', description: 'left out: its own, or the same name under the new domain' })
  newHandle(handle: string): string {
    return handle
  }

  @Option({ flags: '--email <address>', description: 'left out: the address that it has' })
  email(address: string): string {
    return address
  }

  @Option({ flags: '--invite-code <code>', description: 'where the new server asks for one' })
  inviteCode(code: string): string {
    return code
  }

  @Option({ flags: '--recovery-key <did:key>', description: 'a rotation key of your own, put before the others' })
  recoveryKey(key: string): string {
    return key
  }

  @Option({ flags: '--plc <url>', description: 'the PLC directory (default: as the settings say)' })
  plc(url: string): string {
    return url
  }

  @Option({ flags: '--state <file>', description: 'where the move is kept (default: moves/ in the data directory)' })
  state(file: string): string {
    return file
  }

  @Option({ flags: '--password-file <path>', description: 'a file with the password on the old server' })
  passwordFile(path: string): string {
    return path
  }

  @Option({ flags: '--new-password-file <path>', description: 'a file with the password for the new server' })
  newPasswordFile(path: string): string {
    return path
  }

  @Option({ flags: '--factor-code-file <path>', description: 'a file with the code of a second factor' })
  factorCodeFile(path: string): string {
    return path
  }

  @Option({ flags: '--code-file <path>', description: 'a file with the code for the identity, which comes by mail' })
  codeFile(path: string): string {
    return path
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog migrate --from https://bsky.social --handle alice.bsky.social',
        'skylog migrate --from https://here.example --to https://there.example --handle alice.here.example',
      ],
      `0 moved · 1 failed, and goes on when started again · 2 wrong usage · ${WAITS} waits for a password or a code`,
    )
  }
}

/** The steps of a move as they begin, and how far the long ones have come. */
class StepProgress {
  private progress: Progress | null = null

  begin(step: string): void {
    this.end()
    process.stderr.write(`${step} …\n`)
  }

  to(what: 'repository' | 'blobs', done: number, total: number): void {
    this.progress ??= what === 'blobs' ? startProgress('Blobs', total, 'blobs') : startProgress('Repository', total)
    this.progress.to(done, total)
  }

  end(): void {
    this.progress?.end()
    this.progress = null
  }
}

/** @throws WrongUsage */
function originOf(option: string, text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw new WrongUsage(`${option}: not the URL of a server: ${text}`)
  return url.origin
}

function movedText({ did, handle, blobs, lost, left }: Moved): string {
  return [
    section('Moved', [
      ['did', did],
      ['handle', handle],
      ['blobs', lost.length > 0 ? `${count(blobs)}, and ${count(lost.length)} lost` : count(blobs)],
    ]),
    ...(lost.length > 0 ? [['Lost', ...lost.map((cid) => `  ${cid}`)].join('\n')] : []),
    ['Left to do', ...left.map((line) => `  - ${line}`)].join('\n'),
  ].join('\n\n')
}
