import { isIP } from 'node:net'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { type Did, isDid } from '../../repo-engine/index.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { pdsEndpointOf } from '../identity/did-document.js'
import { DidResolver } from '../identity/did-resolver.js'
import { isPublicAddress } from '../identity/public-address.js'
import { ServerAddress } from '../identity/server-address.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { type AskedPeer, parseAskedPeer } from './asked-peer.js'
import { parsePeerUrl, type Peer, Peers } from './peers.js'

/** Makes another server a peer, or lists more DIDs of one that is a peer for those that are listed. Nothing in it is trusted. */
export class AddPeer extends Command<Peer> {
  constructor(readonly asked: AskedPeer) {
    super()
  }
}

@CommandHandler(AddPeer)
export class AddPeerHandler implements ICommandHandler<AddPeer> {
  constructor(
    private readonly database: Database,
    private readonly peers: Peers,
    private readonly resolver: DidResolver,
    private readonly address: ServerAddress,
    private readonly config: Config,
  ) {}

  /**
   * Gives the peer as it is then. @throws XrpcError 400 InvalidRequest for what contradicts itself and for an address that
   * cannot be a peer's; DidNotFound; PeerExists as {@link Peers.add}
   */
  async execute({ asked }: AddPeer): Promise<Peer> {
    const { who, ...wanted } = parseAskedPeer(asked)
    const url = isDid(who) ? await this.hostOf(who) : who.url
    this.checkAddress(url)
    return this.database.write(async (tx) => {
      await this.peers.add(tx, { url, ...wanted })
      return (await this.peers.find(url, wanted.direction, tx))!
    })
  }

  /** The host that a DID is on now. */
  private async hostOf(did: Did): Promise<string> {
    const document = await this.resolver.resolve(did, { fresh: true })
    if (!document) throw invalidRequest(`there is no DID document of ${did}`, 'DidNotFound')
    const endpoint = pdsEndpointOf(document)
    if (endpoint === null) throw invalidRequest(`the DID document of ${did} names no host`)
    return parsePeerUrl(endpoint)
  }

  private checkAddress(url: string): void {
    const { protocol, hostname } = new URL(url)
    if (this.address.isAt(url)) throw invalidRequest(`${url} is this server itself`)
    if (this.config.devMode) return
    if (protocol !== 'https:') throw invalidRequest(`${url} is without https, which is for development mode only`)
    if (!isPublicHost(hostname))
      throw invalidRequest(`${url} is not a public address; others are for development mode only`)
  }
}

/** Whether a host name, or an address in its place, may be anyone's; what a name stands for is seen when it is connected to. */
function isPublicHost(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '')
  return isIP(literal) ? isPublicAddress(literal) : !/(^|\.)localhost\.?$/.test(hostname)
}
