import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Header,
  HttpCode,
  Ip,
  Param,
  Post,
  Query,
  UseFilters,
} from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { isPublicAddress } from '../public-address.js'
import { formatDocument } from './document.js'
import { EmbeddedPlc } from './embedded-plc.js'
import { dataOf, type IndexedOperation } from './log.js'
import type { PlcData, PlcOperation } from './operation.js'
import { PlcError } from './plc-error.js'

/** Any DID of the method; every other path is somebody else's. */
const DID = ':did(^did:plc:.*$)'
const MAX_EXPORT = 1000

/** Errors as plc.directory gives them: `{"message"}`. */
@Catch(PlcError)
export class PlcErrorFilter implements ExceptionFilter {
  catch({ statusCode, message }: PlcError, host: ArgumentsHost): void {
    void host.switchToHttp().getResponse<FastifyReply>().status(statusCode).type('application/json').send({ message })
  }
}

/** The HTTP face of the embedded directory, the same as that of plc.directory. */
@Controller()
@UseFilters(PlcErrorFilter)
export class PlcController {
  constructor(private readonly plc: EmbeddedPlc) {}

  @Get(DID)
  @Header('content-type', 'application/did+ld+json; charset=utf-8')
  async document(@Param('did') did: string): Promise<string> {
    return JSON.stringify(formatDocument(await this.data(did)))
  }

  @Get(`${DID}/data`)
  async data(@Param('did') did: string): Promise<PlcData> {
    const data = dataOf(did, await this.last(did))
    if (!data) throw new PlcError(`DID not available: ${did}`, 410)
    return data
  }

  @Get(`${DID}/log`)
  async log(@Param('did') did: string): Promise<PlcOperation[]> {
    return known(did, await this.plc.log(did))
  }

  @Get(`${DID}/log/audit`)
  async audit(@Param('did') did: string): Promise<IndexedOperation[]> {
    return known(did, await this.plc.audit(did))
  }

  @Get(`${DID}/log/last`)
  async last(@Param('did') did: string): Promise<PlcOperation> {
    const last = await this.plc.lastOperation(did)
    if (!last) throw notRegistered(did)
    return last
  }

  /** JSON lines, after a time or, in the newer form of the interface, after a sequence number. */
  @Get('export')
  @Header('content-type', 'application/jsonlines; charset=utf-8')
  async export(@Query('count') count = String(MAX_EXPORT), @Query('after') after = ''): Promise<string> {
    if (!/^[1-9]\d{0,8}$/.test(count)) throw new PlcError('Invalid count parameter')
    const position = /^\d{1,15}$/.test(after) ? Number(after) : after && timeOf(after)
    const entries = await this.plc.export(Math.min(Number(count), MAX_EXPORT), position)
    const numbered = typeof position === 'number'
    return entries
      .map(({ seq, nullified, did, operation, cid, createdAt }) =>
        numbered
          ? { type: 'sequenced_op', seq, did, operation, cid, createdAt }
          : { did, operation, cid, nullified, createdAt },
      )
      .map((line) => JSON.stringify(line))
      .join('\n')
  }

  /** Strangers are held to the rates of plc.directory; tools on the operator's own network are not. */
  @Post(DID)
  @HttpCode(200)
  async submit(@Param('did') did: string, @Body() op: unknown, @Ip() ip: string): Promise<string> {
    // A socket that listens on both families shows IPv4 callers as mapped into IPv6.
    if (isPublicAddress(ip.replace(/^::ffff:/, ''))) await this.plc.submitLimited(did, op)
    else await this.plc.submit(did, op)
    return 'OK'
  }
}

function known<T>(did: string, log: T[]): T[] {
  if (log.length === 0) throw notRegistered(did)
  return log
}

function timeOf(text: string): string {
  const millis = Date.parse(text)
  if (Number.isNaN(millis)) throw new PlcError('Invalid after parameter')
  return new Date(millis).toISOString()
}

function notRegistered(did: string): PlcError {
  return new PlcError(`DID not registered: ${did}`, 404)
}
