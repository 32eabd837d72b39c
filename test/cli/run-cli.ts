import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { once } from 'node:events'

export const project = fileURLToPath(new URL('../..', import.meta.url))
export const greenground = resolve(project, 'test/fixtures/cars/greenground.car')
/** Larger repositories, which are not part of the project. Their tests are left out where the folder is absent. */
export const vectors = resolve(project, process.env.SKYLOG_VECTORS ?? '../shared/vectors/cars')

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
  /** The output of a command that was given `--json`. */
  json: () => any
}

/** What the first command says about building is nobody's output. */
let built: Promise<Ran> | undefined

/** Runs the command line as somebody would from a shell, with these settings and no others. */
export async function skylog(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  await (built ??= run(['--version'], {}))
  return run(args, env)
}

async function run(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PDS_') && name !== 'PORT')
  const child = spawn(process.execPath, [resolve(project, 'bin/skylog.mjs'), ...args], {
    env: { ...Object.fromEntries(own), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  // Nobody here ends it by a signal: it has broken down.
  if (signal) throw new Error(`skylog ${args.join(' ')} was ended by ${signal}: ${stdout}${stderr}`)
  return { code, stdout, stderr, json: () => JSON.parse(stdout) as unknown }
}

/** A data directory for as long as a test file runs. */
export function dataDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skylog-cli-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
