/** The two ends of a move, in the words of the methods that they are asked by. */
import type { RemoteServer, Tokens } from './remote-server.js'

/** What a server wants the identity of an account on it to say. */
export interface WantedIdentity {
  rotationKeys?: string[]
  alsoKnownAs?: string[]
  verificationMethods?: unknown
  services?: unknown
}

type Session = Tokens & { did: string }

/** The account where it has been. */
export class OldAccount {
  constructor(readonly server: RemoteServer) {}

  /** @throws RemoteError AuthFactorTokenRequired where a code was sent by mail, or another factor is asked for */
  async signIn(identifier: string, password: string, authFactorToken?: string) {
    const body = { identifier, password, ...(authFactorToken !== undefined && { authFactorToken }) }
    const session = await this.server.procedure('com.atproto.server.createSession', body, { token: null })
    this.server.signIn(session)
    return session
  }

  /** Under which it gives out handles. */
  async domains(): Promise<string[]> {
    return (await this.server.query('com.atproto.server.describeServer', {}, { token: null })).availableUserDomains
  }

  /** A token by which the account says to another server that it wants to be there. */
  async proofFor(service: string): Promise<string> {
    const params = { aud: service, lxm: 'com.atproto.server.createAccount' }
    return (await this.server.query('com.atproto.server.getServiceAuth', params)).token
  }

  async rev(did: string): Promise<string> {
    return (await this.server.query('com.atproto.sync.getLatestCommit', { did })).rev
  }

  async downloadRepo(did: string, path: string, onBytes?: (done: number, total: number) => void): Promise<void> {
    await this.server.download('com.atproto.sync.getRepo', { did }, path, onBytes)
  }

  /** Gives the type of the blob. */
  downloadBlob(did: string, cid: string, path: string): Promise<string> {
    return this.server.download('com.atproto.sync.getBlob', { did, cid }, path)
  }

  async preferences() {
    return (await this.server.query('app.bsky.actor.getPreferences')).preferences
  }

  recommended(): Promise<WantedIdentity> {
    return this.server.query('com.atproto.identity.getRecommendedDidCredentials')
  }

  async requestCode(): Promise<void> {
    await this.server.procedure('com.atproto.identity.requestPlcOperationSignature')
  }

  async sign(token: string, identity: WantedIdentity): Promise<Record<string, unknown>> {
    const body = { token, ...identity }
    const signed = await this.server.procedure('com.atproto.identity.signPlcOperation', body as never)
    return signed.operation as Record<string, unknown>
  }

  async deactivate(): Promise<void> {
    await this.server.procedure('com.atproto.server.deactivateAccount', {})
  }
}

/** The account where it will be. */
export class NextAccount {
  constructor(readonly server: RemoteServer) {}

  describe() {
    return this.server.query('com.atproto.server.describeServer', {}, { token: null })
  }

  async create(
    account: { did: string; handle: string; email: string; password: string; inviteCode?: string },
    proof: string,
  ): Promise<void> {
    const made = await this.server.procedure('com.atproto.server.createAccount', account, { token: proof })
    this.begin(made as unknown as Session, account.did)
  }

  async signIn(did: string, password: string): Promise<void> {
    const body = { identifier: did, password }
    this.begin(await this.server.procedure('com.atproto.server.createSession', body, { token: null }), did)
  }

  /** @throws Error for a session of another account, into which nothing of this one may go */
  private begin(session: Session, did: string): void {
    if (session.did !== did) throw new Error(`${this.server.url} signs in ${session.did} in the place of ${did}`)
    this.server.signIn(session)
  }

  status() {
    return this.server.query('com.atproto.server.checkAccountStatus')
  }

  async importRepo(path: string): Promise<void> {
    await this.server.upload('com.atproto.repo.importRepo', path, 'application/vnd.ipld.car')
  }

  missingBlobs(cursor: string | undefined) {
    return this.server.query('com.atproto.repo.listMissingBlobs', { limit: '500', ...(cursor && { cursor }) })
  }

  async uploadBlob(path: string, type: string): Promise<string> {
    const { blob } = await this.server.upload('com.atproto.repo.uploadBlob', path, type)
    return (blob as unknown as { ref: { $link: string } }).ref.$link
  }

  async putPreferences(preferences: Awaited<ReturnType<OldAccount['preferences']>>): Promise<void> {
    await this.server.procedure('app.bsky.actor.putPreferences', { preferences })
  }

  recommended(): Promise<WantedIdentity> {
    return this.server.query('com.atproto.identity.getRecommendedDidCredentials')
  }

  async submit(operation: Record<string, unknown>): Promise<void> {
    await this.server.procedure('com.atproto.identity.submitPlcOperation', { operation })
  }

  async activate(): Promise<void> {
    await this.server.procedure('com.atproto.server.activateAccount')
  }
}
