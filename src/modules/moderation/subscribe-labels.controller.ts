import { Controller } from '@nestjs/common'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { XrpcQuery } from '../xrpc/xrpc.js'

/** Answers who asks for the stream of labels without a WebSocket. */
@Controller()
export class SubscribeLabelsController {
  @XrpcQuery('com.atproto.label.subscribeLabels')
  refuse(): never {
    throw new XrpcError(426, 'UpgradeRequired', 'Connect with a WebSocket', { upgrade: 'websocket' })
  }
}
