/** README.md is true: its tables hold what there is, and its script runs. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { INestApplicationContext } from '@nestjs/common'
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js'
import { ModulesContainer } from '@nestjs/core'
import { CommandFactory } from 'nest-commander'
import { served2022 } from '../src/modules/api-2022/serve-2022.js'
import { CliModule } from '../src/modules/cli/cli.module.js'
import { SkylogCommand } from '../src/modules/cli/skylog.command.js'
import { environmentNames } from '../src/modules/config/environment.js'
import { servedMethods } from '../src/modules/xrpc/xrpc.js'
import { startTestServer, stopTestServer, type TestServer } from './support/server.js'
import { project } from './support/source-files.js'

const readme = readFileSync(join(project, 'README.md'), 'utf8')

describe('with a server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => stopTestServer(server))

  it('Endpoints are those that are served', () => {
    const paths = routes(server.app).filter((path) => path === '/xrpc/_health' || !path.startsWith('/xrpc/'))
    expect(firstColumn('Endpoints')).toEqual([...servedMethods(), ...served2022(), ...new Set(paths)].sort())
  })

  it('the script of the first steps runs', async () => {
    const [, script] = /<!-- test:quickstart -->\n+```ts\n(.*?)```/s.exec(readme) ?? []
    const { code, stdout, stderr } = await run(script!.replaceAll('http://localhost:2583', server.url))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('verified')
  })
})

it('Settings are those that are read', () => {
  expect(firstColumn('Settings')).toEqual(environmentNames().sort())
})

it('Commands are those of the command line, each with its options', async () => {
  const app = await CommandFactory.createWithoutRunning(CliModule, { logger: false })
  await app.init()
  const root = (app.get(SkylogCommand) as unknown as { command: Command }).command
  const commands = leaves(root, [])
  await app.close()
  expect(firstColumn('Commands')).toEqual(commands.map(({ name }) => name).sort())
  const missing = commands.flatMap(({ name, options }) =>
    options.filter((option) => !section('Commands').includes(`\`${option}`)).map((option) => `${name} ${option}`),
  )
  expect(missing).toEqual([])
})

/** What stands under a heading, up to the next one. */
function section(heading: string): string {
  const [, text] = readme.split(new RegExp(`^## ${heading}$`, 'm'))
  return text!.split(/^## /m)[0]!
}

/** The names in code font in the first column of the table under a heading, sorted. */
function firstColumn(heading: string): string[] {
  const cells = [...section(heading).matchAll(/^\|(.*?)\|/gm)].map(([, cell]) => cell!)
  return cells.flatMap((cell) => [...cell.matchAll(/`(.+?)`/g)].map(([, name]) => name!)).sort()
}

/** Paths of all controllers of an application. */
function routes(app: INestApplicationContext): string[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()])
  return controllers.flatMap(({ metatype }) => {
    const { prototype } = metatype as { prototype: Record<string, object> }
    const handlers = Object.getOwnPropertyNames(prototype).map((name) => prototype[name]!)
    return handlers
      .filter((handler) => Reflect.hasMetadata(METHOD_METADATA, handler))
      .flatMap((handler) => Reflect.getMetadata(PATH_METADATA, handler) as string | string[])
      .map((path) => `/${Reflect.getMetadata(PATH_METADATA, metatype!)}/${path}`)
      .map((path) =>
        path
          .replace(/\/+/g, '/')
          .replace(/\(.*?\)/g, '')
          .replace(/(?<=.)\/$/, ''),
      )
  })
}

/** As much as is looked at of a command of the package `commander`. */
interface Command {
  name(): string
  readonly commands: readonly Command[]
  readonly options: readonly { readonly long?: string }[]
}

function leaves(command: Command, way: string[]): { name: string; options: string[] }[] {
  const below = command.commands.filter((child) => child.name() !== 'help')
  if (below.length > 0) return below.flatMap((child) => leaves(child, [...way, child.name()]))
  return [{ name: way.join(' '), options: command.options.flatMap(({ long }) => long ?? []) }]
}

/** Runs a script in a process of its own, as if it were a file of the project. */
async function run(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], { cwd: project })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const code = await new Promise<number | null>((done, failed) => child.on('close', done).on('error', failed))
  return { code, stdout, stderr }
}
