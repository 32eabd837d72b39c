import { All, Controller, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { Lexicons } from '../lexicon/lexicons.js'
import { invalidRequest, XrpcError } from './xrpc-error.js'

/** Answers the methods that nobody else does. Fastify prefers every exact route to this one. */
@Controller()
export class NotImplementedController {
  constructor(private readonly lexicons: Lexicons) {}

  @All('/xrpc/*')
  refuse(@Req() request: FastifyRequest): never {
    const nsid = decodeURIComponent(request.url.slice('/xrpc/'.length).split('?')[0]!)
    const method = this.lexicons.method(nsid)
    const expected = method?.type === 'procedure' ? 'POST' : 'GET'
    if (method && request.method !== expected && request.method !== 'HEAD')
      throw invalidRequest(`Incorrect HTTP method (${request.method}) expected ${expected}`)
    throw new XrpcError(501, 'MethodNotImplemented', 'Method Not Implemented')
  }
}
