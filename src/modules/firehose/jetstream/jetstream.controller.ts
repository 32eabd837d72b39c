import { Controller, Get } from '@nestjs/common'
import { XrpcError } from '../../xrpc/xrpc-error.js'

/** Answers who asks for the stream without a WebSocket. */
@Controller()
export class JetstreamController {
  @Get('subscribe')
  refuse(): never {
    throw new XrpcError(426, 'UpgradeRequired', 'Connect with a WebSocket', { upgrade: 'websocket' })
  }
}
