import { Controller } from '@nestjs/common'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { XrpcQuery } from '../xrpc/xrpc.js'

/** Answers who asks for the firehose without a WebSocket. */
@Controller()
export class SubscribeReposController {
  @XrpcQuery('com.atproto.sync.subscribeRepos')
  refuse(): never {
    throw new XrpcError(426, 'UpgradeRequired', 'Connect with a WebSocket', { upgrade: 'websocket' })
  }
}
