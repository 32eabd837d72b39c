import { DnsTxt } from '../../../src/modules/identity/dns-txt.js'
import type { Frame } from '../../../src/modules/commit-log/frame.js'
import { PlcStub } from '../../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { eventOf, ForeignAccount } from './foreign-account.js'
import { HostileHost } from './hostile-host.js'
import { addPeer, caughtUp, expectMirrored, partOf, peerOf, stateOf, until } from './mirroring.js'
import type { AskedPeer } from '../../../src/modules/replication/asked-peer.js'

/** A server that follows a host of which anything may come, and a directory where the accounts of both are. */
export class Tampering {
  private made = 0

  private constructor(
    readonly plc: PlcStub,
    readonly host: HostileHost,
    readonly server: TestServer,
  ) {}

  /** The host is followed when this resolves; `as` says how. */
  static async start(as: Partial<AskedPeer> = {}, env: Record<string, string> = {}): Promise<Tampering> {
    const plc = await PlcStub.start()
    const host = await HostileHost.start()
    const server = await startTestServer({ PDS_DID_PLC_URL: plc.url, ...env })
    // Nobody asks the internet: names are for the hosts of their accounts to confirm, as in any development network.
    partOf(server, DnsTxt).lookup = () => Promise.resolve(['did=did:plc:one', 'did=did:plc:another'])
    await addPeer(server, { who: host.url, ...as })
    await until('the host is followed', () => host.subscribers.length > 0)
    return new Tampering(plc, host, server)
  }

  async stop(): Promise<void> {
    await stopTestServer(this.server)
    await this.host.close()
    await this.plc.close()
  }

  /** An account of the host, of a few posts, of which nobody has heard. */
  unheard(pds = this.host.url): ForeignAccount {
    const account = new ForeignAccount(this.plc, pds, `user${++this.made}.example.com`)
    for (let i = 0; i < 5; i++) account.post()
    this.host.accounts.set(account.did, account)
    return account
  }

  /** An account of the host whose repository is mirrored here. */
  async newAccount(): Promise<ForeignAccount> {
    const account = this.unheard()
    await this.tell(eventOf(account.head))
    await this.expectFollowed(account)
    return account
  }

  /** Has the host say something, and waits until everything that comes of it has come. */
  async tell(frame: Frame): Promise<void> {
    this.host.emit(frame)
    await this.caughtUp()
  }

  /** Cuts the stream, and waits until the server listens again. */
  async reconnect(): Promise<void> {
    this.host.hangUp()
    await this.reconnected()
  }

  /** Resolves when the server listens, after it has been cut off. */
  async reconnected(): Promise<void> {
    const { streams } = this.host
    await until('the host is followed again', () => this.host.streams > streams)
  }

  /** Resolves when the server has taken all that the host has said, and has nothing to fetch from it. */
  caughtUp(): Promise<void> {
    return caughtUp(this.server, this.host)
  }

  /** An honest commit of the account is taken, and then all of it is here as it is there. */
  async expectFollowed(account: ForeignAccount): Promise<void> {
    await this.tell(eventOf(account.post('honest')))
    await expectMirrored(this.server, account)
  }

  /**
   * Nothing has changed after what `lie` tells, and the next honest commit is taken. The last lie is noted for the operator
   * with its reason; null: it is no news, and passed over.
   */
  async expectUnmoved(reason: string | RegExp | null, lie: (account: ForeignAccount) => Promise<void>): Promise<void> {
    const account = await this.newAccount()
    const before = await stateOf(this.server)
    await lie(account)
    expect(await stateOf(this.server)).toBe(before)
    const { lastError } = await peerOf(this.server, this.host.url)
    const noted = lastError?.startsWith(`event ${this.host.seq} `) ? lastError : null
    if (reason === null) expect(noted).toBeNull()
    else expect(noted).toMatch(reason)
    await this.expectFollowed(account)
  }
}
