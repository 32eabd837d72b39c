import { Controller } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { XrpcMethods } from '../lexicon/types.js'
import { parseNumberCursor } from '../xrpc/number-cursor.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, Params, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { FollowHost } from './follow-host.js'
import { type FollowedHost, FollowedHosts } from './followed-hosts.js'

type Method<Name extends string> = XrpcMethods[`com.atproto.sync.${Name}` & keyof XrpcMethods]

/** The hosts that are followed from here: who they are, and how one becomes one of them. */
@Controller()
export class HostsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly hosts: FollowedHosts,
  ) {}

  @XrpcProcedure('com.atproto.sync.requestCrawl')
  async requestCrawl(@Input() { hostname }: Method<'requestCrawl'>['input']): Promise<void> {
    await this.commands.execute(new FollowHost(hostname, 'follow'))
  }

  @XrpcProcedure('com.atproto.sync.notifyOfUpdate')
  async notifyOfUpdate(@Input() { hostname }: Method<'notifyOfUpdate'>['input']): Promise<void> {
    await this.commands.execute(new FollowHost(hostname, 'ignore'))
  }

  @XrpcQuery('com.atproto.sync.listHosts')
  async listHosts(@Params() params: Method<'listHosts'>['params']): Promise<Method<'listHosts'>['output']> {
    const { limit = 200, cursor } = params
    const found = await this.hosts.list(parseNumberCursor(cursor), limit + 1)
    const hosts = found.slice(0, limit).map(hostView)
    return found.length > limit ? { cursor: String(found[limit - 1]!.id), hosts } : { hosts }
  }

  @XrpcQuery('com.atproto.sync.getHostStatus')
  async getHostStatus(
    @Params() { hostname }: Method<'getHostStatus'>['params'],
  ): Promise<Method<'getHostStatus'>['output']> {
    const host = await this.hosts.find(hostname)
    if (!host) throw invalidRequest('this host is not followed from here', 'HostNotFound')
    return hostView(host)
  }
}

function hostView({ hostname, seq, accounts, status }: FollowedHost): Method<'getHostStatus'>['output'] {
  return { hostname, ...(seq !== null && { seq }), accountCount: accounts, status }
}
