import type { INestApplicationContext } from '@nestjs/common'
import type { Command } from 'commander'
import { CommandFactory } from 'nest-commander'
import { CliModule } from '../../src/modules/cli/cli.module.js'
import { CompletionCommand } from '../../src/modules/cli/completion.command.js'
import { dataDirectory, type Ran, skylog } from './run-cli.js'

const COMMANDS: Record<string, string[]> = {
  serve: ['--port', '--data'],
  import: ['<car>', '--did', '--data', '--json'],
  inspect: ['<repo>', '--html', '--key', '--data', '--json'],
  history: ['<at-uri>', '--limit', '--data', '--json'],
  restore: [
    '<what>',
    '--at',
    '--dry-run',
    '--yes',
    '--lost',
    '--ran-since',
    '--move-aside',
    '--endpoint',
    '--data',
    '--identity-file',
    '--json',
  ],
  backup: ['[target]', '--verify', '--keep', '--endpoint', '--new-identity', '--data', '--identity-file', '--json'],
  verify: ['[repo]', '--all', '--key', '--data', '--json'],
  unpack: ['<repo>', '<directory>', '--blobs', '--data', '--json'],
  pack: ['<directory>', '<car>', '--key-file', '--json'],
  'account create': ['--handle', '--email', '--password', '--did-web', '--data', '--json'],
  doctor: ['--only', '--offline', '--data', '--json'],
  completion: ['<shell>'],
  'adopt-official': ['<directory>', '--env', '--blobs', '--data', '--json'],
  migrate: [
    ...['--from', '--handle', '--to', '--new-handle', '--email', '--invite-code', '--recovery-key', '--plc', '--state'],
    ...['--password-file', '--new-password-file', '--factor-code-file', '--code-file', '--data', '--json'],
  ],
  'account adopt': ['<did>', '--email', '--handle', '--rotation-key-file', '--password', '--data', '--json'],
  'account list': ['--data', '--json'],
  'account delete': ['<handle-or-did>', '--yes', '--data', '--json'],
  'account codes': ['[handle-or-did]', '--data', '--json'],
  'account confirm-email': ['<handle-or-did>', '--data', '--json'],
  'account reset-password': ['<handle-or-did>', '--data', '--json'],
  'account factors': ['<handle-or-did>', '--remove', '--data', '--json'],
  'mail test': ['<address>', '--data', '--json'],
  'keys rotate': ['[account]', '--signing', '--rotation', '--all', '--data', '--json'],
  'invite create': ['--uses', '--for', '--data', '--json'],
  'invite list': ['--data', '--json'],
  'label add': ['<subject>', '<value>', '--cid', '--expires', '--reason', '--data', '--json'],
  'label remove': ['<subject>', '<value>', '--cid', '--reason', '--data', '--json'],
  'report list': ['--closed', '--all', '--limit', '--data', '--json'],
  'report resolve': ['<numbers...>', '--note', '--data', '--json'],
  'action list': ['--subject', '--limit', '--data', '--json'],
  'log compact': ['--before', '--data', '--json'],
  'peer add': [
    ...['<url-or-did>', '--pull', '--push', '--accept', '--did', '--followed', '--relay'],
    ...['--max-accounts', '--max-bytes', '--max-rate', '--data', '--json'],
  ],
  'peer remove': ['<url>', '--pull', '--push', '--accept', '--data', '--json'],
  'peer list': ['--data', '--json'],
  'peer status': ['[url]', '--data', '--json'],
}

it('says what there is, and its version', async () => {
  const [help, version] = await Promise.all([skylog(['--help']), skylog(['--version'])])
  expect(help.code).toBe(0)
  for (const name of Object.keys(COMMANDS)) expect(help.stdout).toMatch(new RegExp(`^  ${name.split(' ')[0]} `, 'm'))
  expect(help.stdout).toContain('Exit codes')
  expect(version).toMatchObject({ code: 0, stdout: '0.1.0\n' })
})

describe('the help', () => {
  let app: INestApplicationContext
  let program: Command
  beforeAll(async () => {
    app = await CommandFactory.createWithoutRunning(CliModule)
    program = (app.get(CompletionCommand, { strict: false }) as unknown as { command: Command }).command.parent!
  })
  afterAll(() => app.close())

  /** What `--help` prints. A process for each would do little else than start. */
  function helpOf(name: string): string {
    const command = name.split(' ').reduce((at, word) => at.commands.find((one) => one.name() === word)!, program)
    let text = ''
    command.configureOutput({ writeOut: (piece) => void (text += piece), getOutHelpWidth: () => 80 }).outputHelp()
    return text
  }

  it('is what --help prints', async () => {
    for (const name of ['verify', 'account create'])
      expect(await skylog([...name.split(' '), '--help'])).toMatchObject({ code: 0, stdout: helpOf(name), stderr: '' })
  })

  it.each(Object.entries(COMMANDS))(
    'of %s names every argument and option, an example and exit codes',
    (name, options) => {
      const help = helpOf(name)
      expect(help).toMatch(new RegExp(`^Usage: skylog ${name} `))
      for (const option of [...options, '--help', 'Exit codes: 0', `$ skylog ${name}`]) expect(help).toContain(option)
      const listed = [...help.matchAll(/^ {2}(?:-h, )?(--[a-z-]+)/gm)].map(([, option]) => option)
      expect(listed).toEqual([...options, '--help'].filter((option) => option.startsWith('--')))
    },
  )
})

const data = dataDirectory()

describe('wrong usage ends with 2 and says why', () => {
  const cases: [string[], string][] = [
    [[], 'Usage: skylog'],
    [['account'], 'Usage: skylog account'],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['verify'], 'say what: a CAR file, a DID, a handle, or --all'],
    [['verify', 'a.car', '--all'], 'say what: a CAR file, a DID, a handle, or --all'],
    [['inspect'], 'missing required argument'],
    [['verify', 'a.car', 'b.car'], 'too many arguments'],
    [['inspect', 'a.car', '--frob'], "unknown option '--frob'"],
    [['inspect', 'did:nonsense'], 'not a DID'],
    [['verify', 'a.car', '--key', 'secret'], '--key'],
    [['doctor', '--only', 'weather'], '--only: areas of config, clock'],
    [['completion', 'csh'], 'Allowed choices are bash, zsh, fish'],
    [['import', 'a.car', '--did', 'alice.test'], '--did'],
    [['unpack', 'a.car'], 'missing required argument'],
    [['pack', 'directory'], 'missing required argument'],
    [['adopt-official'], 'missing required argument'],
    [['migrate', '--from', 'https://old.example'], "required option '--handle <handle>'"],
    [['migrate', '--from', 'old.example', '--handle', 'alice.test'], '--from'],
    [['account', 'create', '--handle', 'alice.test'], "required option '--email <address>'"],
    [['account', 'adopt', 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'], "required option '--email <address>'"],
    [['account', 'adopt', 'alice.test', '--email', 'alice@example.com'], 'not a DID'],
    [['account', 'factors'], 'missing required argument'],
    [['mail'], 'Usage: skylog mail'],
    [['mail', 'test', 'nobody'], 'nobody is not an email address'],
    [['serve', '--port', 'http'], '--port'],
    [['invite'], 'Usage: skylog invite'],
    [['invite', 'create', '--uses', '0'], '--uses'],
    [['log'], 'Usage: skylog log'],
    [['log', 'compact'], "required option '--before <duration>'"],
    [['log', 'compact', '--before', 'soon'], '--before'],
    [['peer', 'add', 'pds.example.com', '--did', 'alice.test'], '--did'],
    [['peer', 'add', 'pds.example.com', '--max-bytes', 'much'], '--max-bytes'],
    [['peer', 'remove', 'pds.example.com/path'], 'not the address of a server'],
    [['peer', 'add', 'pds.example.com', '--push', '--accept'], '--push and --accept'],
    [['peer', 'add', 'pds.example.com', '--push', '--max-rate', '9'], 'a push has no quotas'],
  ]
  let results: Ran[]
  beforeAll(async () => {
    results = []
    // Two at a time is as fast as all at once, and kinder.
    for (let i = 0; i < cases.length; i += 2)
      results.push(
        ...(await Promise.all(cases.slice(i, i + 2).map(([args]) => skylog(args, { PDS_DATA_DIRECTORY: data })))),
      )
  })

  it.each(cases.map(([args, message], i) => [args.join(' '), message, i] as const))('skylog %s', (_, message, i) => {
    expect(results[i]!.stderr).toContain(message)
    expect(results[i]).toMatchObject({ code: 2, stdout: '' })
  })
})

it('what is not there is a failure, told in one line', async () => {
  const [file, repo, setting] = await Promise.all([
    skylog(['verify', 'nowhere.car']),
    skylog(['inspect', 'did:web:alice.example'], { PDS_DATA_DIRECTORY: data }),
    skylog(['account', 'list'], { PDS_PORT: 'high' }),
  ])
  for (const { code, stdout, stderr } of [file, repo, setting]) {
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^skylog: [^\n]+\n$/)
  }
})
