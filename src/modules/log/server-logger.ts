import type { LoggerService } from '@nestjs/common'
import { type DestinationStream, type Level, pino, stdTimeFunctions } from 'pino'
import type { LogSettings } from '../config/log-settings.js'
import { currentScope } from './scope.js'
import { withoutSecrets } from './without-secrets.js'

/** What the framework tells of itself at start; nobody who runs a server wants to read it. */
const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication'])

/** What would begin a line of its own, or be obeyed by a terminal. Errors have words of others in them. */
const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/g
const CONTROL_OF_STACK = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]/g
/** Longest that is written of a message, and of a stack, in characters. */
const MAX_MESSAGE = 4_000
const MAX_STACK = 8_000
/** What is kept of lines that cannot be written now, in characters. */
const MAX_KEPT = 1 << 20

/** An answer that was given, as the log has it. */
export interface RequestLine {
  requestId: string
  /** The NSID that was called, or the pattern of another route. */
  method: string
  verb: string
  /** The HTTP status; `aborted` where the client hung up first. */
  status: string
  ms: number
  bytes: number
  /** The account that is signed in. */
  did?: string
}

/**
 * The log of the server: its own words, and warnings and errors of everybody. A line is a JSON object, or for a terminal a
 * readable one; it has the id of the request that it was written for. Nothing secret is written, nor what a terminal obeys.
 */
export class ServerLogger implements LoggerService {
  private constructor(
    private readonly lines: pino.Logger,
    private readonly requestLevel: Level,
  ) {}

  /** Opens the log that the settings ask for; `out` is where it goes where they name no file. @throws Error for a file that cannot be written */
  static async open(settings: LogSettings, out: LogOutput = process.stdout): Promise<ServerLogger> {
    const { enabled, level, destination, requests } = settings
    const stream = destination === null ? await streamTo(out) : writing(destination)
    const options = {
      enabled,
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      mixin: () => ({ requestId: currentScope()?.requestId ?? undefined }),
    }
    return new ServerLogger(pino(options, stream), requests ? 'info' : 'debug')
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest)
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest)
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest)
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest)
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest)
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest)
  }

  /** Whether {@link request} writes anything: nobody needs to make a line that nobody reads. */
  get writesRequests(): boolean {
    return this.lines.isLevelEnabled(this.requestLevel)
  }

  request(line: RequestLine): void {
    this.lines[this.requestLevel]({ name: 'Request', ...line }, `${line.verb} ${line.method} ${line.status}`)
  }

  /** `rest` ends with the name of the room that speaks, as the framework hands it on; a stack may come before it. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    const name = typeof rest.at(-1) === 'string' ? (rest.at(-1) as string) : undefined
    if (name !== undefined && FRAMEWORK.has(name)) return
    const stack = message instanceof Error ? message.stack : rest.length > 1 ? rest[0] : undefined
    const err = typeof stack === 'string' ? { err: { stack: clean(stack, CONTROL_OF_STACK, MAX_STACK) } } : {}
    this.lines[level]({ name, ...err }, clean(textOf(message), CONTROL, MAX_MESSAGE))
  }
}

/** Where a log goes. */
export interface LogOutput extends DestinationStream {
  isTTY?: boolean
}

/** Every line is written before the server goes on: what it said last is the most worth reading. */
async function streamTo(out: LogOutput): Promise<DestinationStream> {
  const plain = out === process.stdout ? writing(1) : out
  if (!out.isTTY) return plain
  const { prettyFactory } = await import('pino-pretty')
  const pretty = prettyFactory({ colorize: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' })
  return { write: (line) => plain.write(pretty(line)) }
}

/**
 * Writes to a file, its owner's alone, or to a descriptor. A disk that is full must not end a server that says so: what cannot
 * be written is tried again with the next line, as far as it is kept.
 */
function writing(dest: string | number): DestinationStream {
  const stream = pino.destination({ dest, sync: true, mkdir: true, mode: 0o600, maxLength: MAX_KEPT })
  return stream.on('error', () => undefined)
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message
  if (message instanceof Error) return message.message || message.name
  return JSON.stringify(message) ?? String(message)
}

function clean(text: string, control: RegExp, length: number): string {
  return withoutSecrets(beginningOf(text, 4 * length))
    .slice(0, length)
    .replace(control, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What is looked at of a text. It ends between two words: half of a secret would not be known for one. */
function beginningOf(text: string, length: number): string {
  if (text.length <= length) return text
  const end = text.slice(0, length).search(/\s\S*$/)
  return text.slice(0, end === -1 ? length : end)
}
