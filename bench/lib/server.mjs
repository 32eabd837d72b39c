import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eraseDirectory, makeDirectory } from './directory.mjs'

const START_MS = 60_000
/** What has a server tell of its memory. */
const WATCH = ['--expose-gc', '--import', new URL('watched.mjs', import.meta.url).href]

/** A server that somebody else has started; its processes are known only if he says so. */
export class GivenServer {
  constructor(url, pid) {
    this.url = url.replace(/\/+$/, '')
    this.pid = pid
  }

  /** Cannot be done from here: memory that it holds from before stays part of its figures. */
  async restart() {}

  async stop() {}
}

/** A server of this project, in a process and a new data directory of its own. */
export class StartedServer {
  /**
   * `options` as for {@link start}; `settings`: variables of its environment; `watched`: {@link memory} can be asked. Not
   * running yet.
   */
  constructor(options, settings = {}, watched = false) {
    this.options = options
    this.settings = settings
    this.watched = watched
    this.port = '0'
    this.directory = makeDirectory(options.data)
    this.onExit = () => {
      this.process?.kill('SIGKILL')
      eraseDirectory(this.directory)
    }
    process.on('exit', this.onExit)
  }

  /** `dist`: the build to run; `data`: where its data directory is made. */
  static async start(options, settings, watched) {
    const server = new StartedServer(options, settings, watched)
    await server.launch()
    return server
  }

  /** Starts the process; resolves at the first good answer of _health. */
  async launch() {
    const { env, execArgv } = launchOptions()
    const begin = performance.now()
    const [more, channel] = this.watched ? [WATCH, ['ipc']] : [[], []]
    this.process = spawn(process.execPath, [...execArgv, ...more, join(this.options.dist, 'src/main.js')], {
      env: { ...env, ...this.settings, PDS_PORT: this.port, PDS_DATA_DIRECTORY: this.directory },
      stdio: ['ignore', 'pipe', 'inherit', ...channel],
    })
    this.pid = this.process.pid
    this.url = await this.readUrl()
    this.port = new URL(this.url).port
    const health = await fetch(`${this.url}/xrpc/_health`)
    if (!health.ok) throw new Error(`_health: ${health.status}`)
    /** Milliseconds from the start of the process to here. */
    this.startMs = performance.now() - begin
  }

  /** The port is in the log: "Ready at http://localhost:1234, data in …". */
  readUrl() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server was not ready in ${START_MS} ms`)), START_MS)
      this.process.once('exit', (code, signal) => reject(new Error(`the server ended with ${code ?? signal}`)))
      createInterface({ input: this.process.stdout }).on('line', (line) => {
        const ready = /Ready at (http:[^\s,]+)/.exec(line)
        if (!ready) return
        clearTimeout(timer)
        resolve(ready[1])
      })
    })
  }

  /** A new process on the same data and port, with nothing in memory yet. */
  async restart() {
    await this.end()
    await this.launch()
  }

  /** Holds the process still, as it is, until {@link resume}. */
  pause() {
    this.process.kill('SIGSTOP')
  }

  resume() {
    this.process.kill('SIGCONT')
  }

  /** What process.memoryUsage() says there, after a collection of what is not used any more; only of a watched one. */
  async memory() {
    this.process.send('memory')
    const [usage] = await once(this.process, 'message')
    return usage
  }

  async stop() {
    await this.end()
    eraseDirectory(this.directory)
    process.off('exit', this.onExit)
  }

  async end() {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return
    this.process.kill('SIGTERM')
    await once(this.process, 'exit')
  }
}

/** How `npm start` runs Node: in the environment that its script sets, with source maps, which `nest start` adds. */
export function launchOptions() {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const settings = [...scripts.start.matchAll(/\b([A-Z][A-Z0-9_]*)=(\S+)/g)].map(([, name, value]) => [name, value])
  const own = Object.entries(process.env).filter(([name]) => !/^(PDS_|PORT$|NODE_)/.test(name))
  return { env: Object.fromEntries([...own, ...settings]), execArgv: ['--enable-source-maps'] }
}
