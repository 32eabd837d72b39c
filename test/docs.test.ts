/** docs/ is true: links lead somewhere, commands and settings are there, and what can be written by the code is. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandFactory } from 'nest-commander'
import { CliModule } from '../src/modules/cli/cli.module.js'
import { SkylogCommand } from '../src/modules/cli/skylog.command.js'
import { environmentNames } from '../src/modules/config/environment.js'
import { endpointPage } from './support/endpoint-table.js'
import { startTestServer, stopTestServer } from './support/server.js'
import { project } from './support/source-files.js'

const docs = join(project, 'docs')
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...readdirSync(docs).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(join(project, name), 'utf8') }))

it.each(pages)('$name: links lead somewhere', ({ name, text }) => {
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)]*)?\)/g)].map(([, target]) => target!)
  const lost = targets.filter((target) => target !== '' && !existsSync(join(project, dirname(name), target)))
  expect(lost).toEqual([])
})

it.each(pages)('$name: headings that links name are there', ({ name, text }) => {
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)]*)\)/g)]
  const lost = links.filter(([, target, anchor]) => {
    const path = target === '' ? name : join(dirname(name), target!)
    return !anchors(readFileSync(join(project, path), 'utf8')).includes(anchor!)
  })
  expect(lost.map(([link]) => link)).toEqual([])
})

it('commands are those of the command line, with their options', async () => {
  const app = await CommandFactory.createWithoutRunning(CliModule, { logger: false })
  await app.init()
  const root = (app.get(SkylogCommand) as unknown as { command: Command }).command
  const wrong = pages.flatMap(({ name, text }) =>
    commandsIn(text)
      .filter((line) => !isKnown(root, line))
      .map((line) => `${name}: ${line}`),
  )
  await app.close()
  expect(wrong).toEqual([])
})

it('settings are those that are read', () => {
  const known = new Set(environmentNames())
  const named = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/\b(PDS|APPVIEW|BACKUP|METRICS)_[A-Z0-9_]+\b(?!…|_)/g)].map(([word]) => ({ name, word })),
  )
  expect(named.filter(({ word }) => !known.has(word) && !word.endsWith('_'))).toEqual([])
})

it.each(['pds.env', 'Caddyfile', 'nginx.conf', 'skylog.service'])('install.md shows %s as it is', (name) => {
  const shown = readFileSync(join(docs, 'install.md'), 'utf8')
  const file = readFileSync(join(docs, name), 'utf8').trimEnd()
  expect(shown).toContain(file.replace(/^(?=.)/gm, '    '))
})

it('endpoints.md is what is served (npm run docs writes it)', async () => {
  const server = await startTestServer()
  const page = endpointPage(server.app)
  await stopTestServer(server)
  const path = join(docs, 'endpoints.md')
  if (process.env.SKYLOG_WRITE_DOCS) writeFileSync(path, page)
  expect(readFileSync(path, 'utf8')).toBe(page)
})

/** The names under which headings can be linked to. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Lines and words in code that call the program by its name. */
function commandsIn(text: string): string[] {
  const lines = [...text.matchAll(/^ {4,}(?:\$ )?(?:npx )?skylog (.*)$/gm)].map(([, line]) => line!)
  const words = [...text.matchAll(/`(?:npx )?skylog ([^`]*)`/g)].map(([, line]) => line!)
  return [...lines, ...words].map((line) => line.replace(/\s+[#&|>\\].*$/, ''))
}

/** As much as is looked at of a command of the package `commander`. */
interface Command {
  name(): string
  readonly commands: readonly Command[]
  readonly options: readonly { readonly long?: string }[]
}

function isKnown(root: Command, line: string): boolean {
  let command = root
  const words = line.split(/\s+/)
  for (const word of words) {
    const next = command.commands.find((child) => child.name() === word)
    if (!next) break
    command = next
  }
  if (command === root) return /^(<command>|--(help|version))/.test(line)
  const options = words.flatMap((word) => /^(--[a-z-]+)/.exec(word)?.[1] ?? [])
  return options.every((option) => option === '--help' || command.options.some(({ long }) => long === option))
}
