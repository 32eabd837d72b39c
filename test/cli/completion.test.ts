/** Completion, by the shells that are here. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory, skylog } from './run-cli.js'

const folder = dataDirectory()
const fileOf = (shell: string): string => join(folder, `skylog.${shell}`)
beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await skylog(['completion', shell])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    writeFileSync(fileOf(shell), stdout)
  }
  mkdirSync(join(folder, 'cars'))
  writeFileSync(join(folder, 'cars', 'a repo.car'), '')
  writeFileSync(join(folder, 'cars', 'key.txt'), '')
})

/** Whether a shell can be run here. */
const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

describe('bash', () => {
  /** What bash offers for a line, whose last word is being written. */
  const offered = (...words: string[]): string[] => {
    const script = `source ${fileOf('bash')}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _skylog; printf '%s\\n' "\${COMPREPLY[@]}"`
    const told = execFileSync('bash', ['-c', script, 'bash', 'skylog', ...words], {
      cwd: join(folder, 'cars'),
      encoding: 'utf8',
    })
    return told.split('\n').filter(Boolean).sort()
  }

  it.each<[string[], string[]]>([
    [['reb'], ['rebuild']],
    [['account', 'a'], ['adopt']],
    [
      ['account', 'create', '--d'],
      ['--data', '--did-web'],
    ],
    [['--data', 'x', 'mail', ''], ['test']],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [
      ['doctor', '--only', 'd'],
      ['database', 'disk', 'dns'],
    ],
    [
      ['import', ''],
      ['a repo.car', 'key.txt'],
    ],
    [['import', 'a'], ['a repo.car']],
    [['account', 'adopt', 'did:plc:x', '--rotation-key-file', 'k'], ['key.txt']],
    [['serve', '--data', '../c'], ['../cars']],
    [['serve', '--port', ''], []],
    [['invite', 'create', ''], []],
    [['frobnicate', '--frob'], []],
  ])('%j', (words, expected) => {
    expect(offered(...words)).toEqual(expected)
  })

  it('has every command', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['account', 'doctor', 'serve', 'verify']))
    expect(offered('--')).toEqual(['--version'])
  })
})

it.each(['bash', 'zsh', 'fish'])('%s finds no fault with it', (shell) => {
  if (has(shell)) execFileSync(shell, ['-n', fileOf(shell)])
  const script = execFileSync('cat', [fileOf(shell)], { encoding: 'utf8' })
  for (const word of ['account', 'adopt-official', 'reset-password', 'rotation-key-file', 'only', 'dns'])
    expect(script).toMatch(new RegExp(`[ '-]${word}[ ':]`))
  // Quotes are those of words: each line has all of its own.
  const lines = script.split('\n').map((line) => line.replace(/\\\\|\\'/g, ''))
  expect(lines.filter((line) => !line.startsWith('#') && (line.split("'").length - 1) % 2 === 1)).toEqual([])
})

it('is for shells that it knows', async () => {
  expect(await skylog(['completion', 'csh'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('bash, zsh, fish'),
  })
})
