import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { AddPeer } from './add-peer.js'
import { AskingHosts } from './asking-hosts.js'
import { FollowedHosts } from './followed-hosts.js'
import { ForeignHosts } from './foreign-hosts.js'
import { PeerFollower } from './peer-follower.js'
import type { Quotas } from './peers.js'

/** What a host may bring that nobody but itself has asked for. The operator can have it otherwise: `peer remove`, `peer add`. */
const QUOTAS: Quotas = { maxAccounts: 1_000, maxBytes: 5 * 1024 ** 3, maxRate: 200 }
/** Hosts that are followed, from which on no other is for its asking. */
const MAX_HOSTS = 100
/** Hosts that are looked at at once. */
const AT_ONCE = 8

/** A host says that there is something to follow at it. One that is followed already is tried now, if it is waited for. */
export class FollowHost extends Command<void> {
  constructor(
    readonly hostname: string,
    /** What becomes of one that is not followed. */
    readonly ifUnknown: 'follow' | 'ignore',
  ) {
    super()
  }
}

@CommandHandler(FollowHost)
export class FollowHostHandler implements ICommandHandler<FollowHost> {
  private readonly inHand = new Map<string, Promise<void>>()

  constructor(
    private readonly asking: AskingHosts,
    private readonly followed: FollowedHosts,
    private readonly follower: PeerFollower,
    private readonly hosts: ForeignHosts,
    private readonly commands: CommandBus,
  ) {}

  /**
   * Resolves when the host is among those that are followed. @throws XrpcError 400 InvalidRequest for what is no host name;
   * HostBanned for one that the operator does not allow; HostNotFound; 503 NotEnoughResources
   */
  async execute({ hostname, ifUnknown }: FollowHost): Promise<void> {
    const origin = this.asking.originOf(hostname)
    const known = await this.followed.idOf(origin)
    if (known !== null) this.follower.hurry(known)
    else if (ifUnknown === 'follow') await this.takeUp(origin)
  }

  private async takeUp(origin: string): Promise<void> {
    if (!this.asking.isAllowed(origin))
      throw invalidRequest(
        `${origin} is not among the hosts that are followed from here for their asking`,
        'HostBanned',
      )
    let taking = this.inHand.get(origin)
    if (!taking) {
      if (this.inHand.size >= AT_ONCE) throw new XrpcError(503, 'NotEnoughResources', 'too many hosts ask at once')
      taking = this.add(origin).finally(() => this.inHand.delete(origin))
      this.inHand.set(origin, taking)
    }
    await taking
  }

  private async add(origin: string): Promise<void> {
    if ((await this.followed.count()) >= MAX_HOSTS)
      throw new XrpcError(503, 'NotEnoughResources', 'as many hosts are followed from here as can be for their asking')
    if (!(await this.hosts.isServer(origin)))
      throw invalidRequest(`${origin} does not answer as the server of accounts`, 'HostNotFound')
    await this.commands.execute(new AddPeer({ who: origin, direction: 'pull', repos: 'all', ...QUOTAS }))
  }
}
