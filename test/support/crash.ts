/**
 * Ways to hurt a server and its database: a build of the server that runs as a child and can be killed, a driver
 * connection to reach behind the database's back, a disk that is full.
 */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformFile } from '@swc/core'
import type { Database as Driver } from 'better-sqlite3'
import type { Database, Tx } from '../../src/modules/database/database.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A new empty directory for one test. */
export function scratchDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'skylog-'))
}

export interface Scratch {
  database: SqliteDatabase
  directory: string
  file: string
  /** What doorbells have thrown. */
  bellErrors: unknown[]
  /** Closes the database and deletes its directory. */
  remove(): Promise<void>
}

/** A database with all migrations, and a table `t (k TEXT PRIMARY KEY, v BLOB)` to write to. */
export async function scratchDatabase(directory = scratchDirectory()): Promise<Scratch> {
  const file = join(directory, 'skylog.sqlite')
  const bellErrors: unknown[] = []
  const database = await SqliteDatabase.open(file, (error) => bellErrors.push(error))
  await database.write(async (tx) => tx.run('CREATE TABLE IF NOT EXISTS t (k TEXT PRIMARY KEY, v BLOB)'))
  const remove = async (): Promise<void> => {
    if (writerOf(database).open) await database.close()
    rmSync(directory, { recursive: true, force: true })
  }
  return { database, directory, file, bellErrors, remove }
}

/** The connection that writes, which nobody else ever gets to see. */
export function writerOf(database: Database): Driver {
  return (database as unknown as { writer: { connection: { driver: Driver } } }).writer.connection.driver
}

/** The connection behind {@link Database.read}. */
export function readerOf(database: Database): Driver {
  return (database.read as unknown as { driver: Driver }).driver
}

/** From now on the database may grow by this many pages: then SQLITE_FULL. Null: as large as it likes. */
export function limitGrowth(database: Database, pages: number | null): void {
  const driver = writerOf(database)
  const held = driver.pragma('page_count', { simple: true }) as number
  driver.pragma(`max_page_count = ${pages === null ? 1_073_741_823 : held + pages}`)
}

/**
 * The next `count` writes, after letting `spared` pass, fail after their statements and before COMMIT, as on a disk that
 * is full.
 */
export function failWrites(database: Database, count: number, spared = 0): void {
  const { write } = database
  const error = new Error('database or disk is full')
  let left = count + spared
  database.write = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => {
    if (--left === 0) database.write = write
    if (left >= count) return write.call(database, fn) as Promise<T>
    return write.call(database, async (tx: Tx) => {
      await fn(tx)
      throw error
    }) as Promise<T>
  }
}

/** The server as JavaScript, ready to be run by node; gives the entry file. Beside the packages, so that it finds them. */
export async function buildServer(): Promise<{ main: string; remove(): void }> {
  const cache = join(ROOT, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const out = mkdtempSync(join(cache, 'skylog-test-'))
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n')
  for (const folder of ['src', 'migrations'])
    for (const path of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      const from = join(ROOT, folder, path)
      const to = join(out, folder, path)
      if (path.endsWith('.json')) {
        mkdirSync(dirname(to), { recursive: true })
        copyFileSync(from, to)
      } else if (path.endsWith('.ts')) {
        mkdirSync(dirname(to), { recursive: true })
        const { code } = await transformFile(from, { configFile: join(ROOT, '.swcrc'), sourceMaps: false })
        writeFileSync(to.replace(/\.ts$/, '.js'), code)
      }
    }
  return { main: join(out, 'src', 'main.js'), remove: () => rmSync(out, { recursive: true, force: true }) }
}

export interface ChildOptions {
  env?: Record<string, string>
  /** No file may grow beyond this many KiB: writes fail with EFBIG. */
  fileLimitKiB?: number
}

/** A server in a process of its own. */
export class ChildServer {
  /** Everything it has printed. */
  output = ''
  url = ''

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
  }

  /** Starts it without waiting for it to be ready. */
  static launch(main: string, directory: string, { env = {}, fileLimitKiB }: ChildOptions = {}): ChildServer {
    const own = { PDS_PORT: '0', PDS_DATA_DIRECTORY: directory, NO_COLOR: '1', ...env }
    const options: SpawnOptions = { env: { PATH: process.env.PATH, ...own }, stdio: ['ignore', 'pipe', 'pipe'] }
    const limited = `trap '' XFSZ; ulimit -f ${fileLimitKiB}; exec "$0" "$1"`
    return new ChildServer(
      fileLimitKiB === undefined
        ? spawn(process.execPath, [main], options)
        : spawn('bash', ['-c', limited, process.execPath, main], options),
    )
  }

  /** Resolves when it answers. @throws Error with its output when it ends before. */
  static async start(main: string, directory: string, options: ChildOptions = {}): Promise<ChildServer> {
    const server = ChildServer.launch(main, directory, options)
    const { child } = server
    await new Promise<void>((resolve, reject) => {
      child.once('close', (code, signal) => reject(new Error(`the server ended (${code ?? signal}): ${server.output}`)))
      child.stdout!.on('data', () => {
        const ready = /Ready at (\S+),/.exec(server.output)
        if (!ready) return
        server.url = ready[1]!
        resolve()
      })
    })
    return server
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** Kills it where it stands. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<void> {
    await this.end('SIGTERM')
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return
    const exit = once(this.child, 'exit')
    this.child.kill(signal)
    await exit
  }
}
