import { ConsoleLogger, type LogLevel } from '@nestjs/common'

/** What the framework tells of itself at start; nobody who runs a server wants to read it. */
const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication'])

/** What would begin a line of its own, or be obeyed by a terminal. Errors have words of others in them. */
const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/g
const CONTROL_OF_STACK = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]/g

/** The log of the server: its own words, and warnings and errors of everybody. A message is a line. */
export class ServerLogger extends ConsoleLogger {
  constructor() {
    super({ logLevels: ['log', 'warn', 'error', 'fatal'], colors: process.stdout.isTTY === true })
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!FRAMEWORK.has(rest.at(-1) as string)) super.log(message, ...(rest as [string]))
  }

  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    return super.stringifyMessage(typeof message === 'string' ? escaped(message, CONTROL) : message, logLevel)
  }

  protected override printStackTrace(stack: string): void {
    super.printStackTrace(stack && escaped(stack, CONTROL_OF_STACK))
  }
}

function escaped(text: string, what: RegExp): string {
  return text.replace(what, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
