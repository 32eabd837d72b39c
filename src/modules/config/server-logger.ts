import { ConsoleLogger } from '@nestjs/common'

/** What the framework tells of itself at start; nobody who runs a server wants to read it. */
const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication'])

/** The log of the server: its own words, and warnings and errors of everybody. */
export class ServerLogger extends ConsoleLogger {
  constructor() {
    super({ logLevels: ['log', 'warn', 'error', 'fatal'], colors: process.stdout.isTTY })
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!FRAMEWORK.has(rest.at(-1) as string)) super.log(message, ...(rest as [string]))
  }
}
