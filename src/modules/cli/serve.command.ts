import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, Takes, WrongUsage } from './options.js'

interface ServeOptions extends DataOptions {
  port?: string
}

@Command({ name: 'serve', description: 'Run the server until it is told to stop (SIGTERM, or Ctrl-C).' })
@Takes(DATA)
export class ServeCommand extends CommandRunner {
  async run(_: string[], options: ServeOptions): Promise<void> {
    const config = configOf(options, options.port === undefined ? {} : { PDS_PORT: options.port })
    const { startServer } = await import('../../app.module.js')
    await startServer(config)
    // The server closes, and ends the process, when the signal comes.
    await new Promise<never>(() => undefined)
  }

  @Option({ flags: '--port <number>', description: 'listen here; 0 picks a free port (default: PDS_PORT, or 2583)' })
  port(port: string): string {
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) throw new WrongUsage(`--port: not a port number: ${port}`)
    return port
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog serve --port 2583 --data ./data'], '0 stopped · 1 could not start · 2 wrong usage')
  }
}
