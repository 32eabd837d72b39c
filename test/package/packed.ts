import { execFile, spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { project, skylog } from '../cli/run-cli.js'

const execute = promisify(execFile)

/** A project of somebody who has installed the package as it would be published, with what it depends on. */
export interface Packed {
  directory: string
  /** What the package holds: paths in it, and bytes. */
  files: { path: string; size: number }[]
  /** Bytes of the tarball. */
  size: number
  /** Where programs that are run here put temporary files: nothing but theirs is in it. */
  temporary: string
  remove(): void
}

/** Packs this package and installs it into a new project, without asking anybody for anything. */
export async function installPacked(): Promise<Packed> {
  await build()
  const directory = mkdtempSync(join(tmpdir(), 'skylog-package-'))
  const temporary = join(directory, 'tmp')
  mkdirSync(temporary)
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory]
  const { stdout } = await execute('npm', pack, { cwd: project, maxBuffer: 2 ** 24 })
  const [packed] = JSON.parse(stdout) as [{ filename: string; size: number; files: Packed['files'] }]
  const modules = join(directory, 'node_modules')
  const own = join(modules, 'skylog')
  mkdirSync(own, { recursive: true })
  await execute('tar', ['xzf', join(directory, packed.filename), '--strip-components=1', '-C', own])
  for (const name of readdirSync(join(project, 'node_modules')))
    if (!name.startsWith('.') && name !== 'skylog')
      symlinkSync(join(project, 'node_modules', name), join(modules, name))
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n')
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  return { ...packed, directory, temporary, remove }
}

/** What `prepack` does, where it is not done yet: others use the build meanwhile, so it is not made anew. */
async function build(): Promise<void> {
  await skylog(['--version'])
  const made = (path: string): number => statSync(join(project, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const newest = Math.max(made('dist/src/cli.js'), made('scripts/testing-entry.mjs'))
  if (made('dist/testing/index.d.cts') < newest)
    await execute(process.execPath, [join(project, 'scripts/testing-entry.mjs')], { cwd: project })
}

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs node in the project. What it compiles is kept for all tests together, unless told. */
export async function runIn(
  { directory, temporary }: Packed,
  args: string[],
  script = '',
  compiled = join(directory, 'compiled'),
): Promise<Ran> {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const child = spawn(process.execPath, args, {
    cwd: directory,
    env: { ...inherited, TMPDIR: temporary, NODE_COMPILE_CACHE: compiled },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  child.stdin.end(script)
  const code = await new Promise<number | null>((done, failed) => child.on('close', done).on('error', failed))
  return { code, stdout, stderr }
}

/** The code under a mark (`<!-- test:node -->`) in a document of docs/. */
export function exampleIn(document: string, mark: string): string {
  const text = readFileSync(join(project, 'docs', document), 'utf8')
  const [, code] = new RegExp(`<!-- test:${mark} -->\\n+\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(text) ?? []
  if (code === undefined) throw new Error(`${document} has no example ${mark}`)
  return code
}

/** Puts a file into the project. */
export function putInto({ directory }: Packed, name: string, text: string): void {
  writeFileSync(join(directory, name), text)
}
