import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDid } from '../../../repo-engine/index.js'
import { moveBlobs } from './move-blobs.js'
import { moveIdentity } from './move-identity.js'
import type { MoveState } from './move-state.js'
import { type RemoteError, RemoteServer } from './remote-server.js'
import { NextAccount, OldAccount } from './two-accounts.js'

/** The steps of a move, in their order. */
export const STEPS = [
  ...(['sign-in', 'account', 'repository', 'blobs', 'preferences'] as const),
  ...(['identity', 'activation', 'deactivation'] as const),
]
export type Step = (typeof STEPS)[number]

/** What only the owner knows: two passwords, a code of a second factor, a code that comes by mail. */
export type Secret = 'password' | 'new-password' | 'factor-code' | 'identity-code'

export interface MoveOptions {
  /** Left out: the handle that there is, under the new server's domain where it is under the old one's. */
  newHandle?: string
  /** Left out: the address that there is. */
  email?: string
  inviteCode?: string
  /** did:key that may always change the identity, put before those of the server. */
  recoveryKey?: string
  /** Origin of the PLC directory. */
  plc: string
  /** Asks the owner; null where nobody is there to ask. */
  ask: (secret: Secret) => Promise<string | null>
  /** Keeps what is known; on disk when it returns. */
  save: (state: MoveState) => void
  /** Called when a step begins. */
  onStep?: (step: Step) => Promise<void> | void
  /** Told how much of something has come over in this run: bytes of the repository, or blobs; a total of 0 is not known. */
  onProgress?: (what: 'repository' | 'blobs', done: number, total: number) => void
}

/** The move cannot go on before the owner has brought something; started again, it goes on from here. */
export class MoveWaits extends Error {}

/** What the owner has still to do. */
export interface Moved {
  did: string
  handle: string
  blobs: number
  lost: string[]
  left: string[]
}

/**
 * Moves an account from one server to another, by the methods that both have, as its owner. Every step looks at what is so
 * before it does something, and what it has done is on disk before the next one begins; so wherever it was cut off, on this
 * side or on one of theirs, doing it again goes on. Until the identity moves, the account lives where it was.
 */
export class MoveAccount {
  private old: OldAccount
  private readonly next: NextAccount

  constructor(
    private readonly state: MoveState,
    private readonly options: MoveOptions,
  ) {
    this.old = this.oldAt(state.host ?? state.from)
    this.next = new NextAccount(new RemoteServer(state.to, state.next, (next) => this.keep({ next })))
  }

  /** @throws MoveWaits; RemoteError with what a server says against it */
  async run(): Promise<Moved> {
    const directory = mkdtempSync(join(tmpdir(), 'skylog-move-'))
    try {
      for (const step of STEPS) {
        await this.options.onStep?.(step)
        await this.take(step, directory)
      }
      return this.result()
    } catch (error) {
      if ((error as RemoteError).code !== 'SignInAgain') throw error
      this.keep(error === this.old.server.ended ? { old: null } : { next: null })
      throw new MoveWaits(`${(error as Error).message}: start this again to sign in`)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }

  private take(step: Step, directory: string): Promise<void> {
    switch (step) {
      case 'sign-in':
        return this.signIn()
      case 'account':
        return this.createAccount()
      case 'repository':
        return this.moveRepo(directory)
      case 'blobs':
        return this.moveBlobs(directory)
      case 'preferences':
        return this.movePreferences()
      case 'identity':
        return this.moveIdentity(directory)
      case 'activation':
        return this.activate()
      case 'deactivation':
        return this.deactivate()
    }
  }

  private async signIn(): Promise<void> {
    const { state, old } = this
    if (state.did !== null && old.server.isSignedIn) return
    const password = await this.secret('password', `the password of ${state.identifier} on ${state.from}`)
    const factor = (): Promise<string> =>
      this.secret('factor-code', 'the code of your second factor, or the one that came by mail')
    // Asked for without the code that it has mailed, the server would mail another.
    const code = state.factorRequested ? await factor() : undefined
    this.keep({ factorRequested: false })
    const session = await old.signIn(state.identifier, password, code).catch(async (error: RemoteError) => {
      if (error.code !== 'AuthFactorTokenRequired') throw error
      this.keep({ factorRequested: true })
      return old.signIn(state.identifier, password, await factor())
    })
    const { did, handle, email = null } = session
    if (!isDid(did) || (state.did !== null && did !== state.did))
      throw new Error(
        `${state.from} signs in ${did}${state.did === null ? ', which is no DID' : ` in the place of ${state.did}`}`,
      )
    const named = hostOf(session.didDoc)
    if (named?.startsWith('http:') && state.from.startsWith('https:'))
      throw new Error(`${state.from} says that the account is at ${named}: tokens are not sent without https`)
    // Once the identity has moved, it names the other one.
    const host = named === null || named === state.to ? state.from : named
    this.keep({ did, handle, email: this.options.email ?? email, host })
    // What signs in may be another server than the one that has the account.
    this.old = this.oldAt(state.host!)
  }

  private oldAt(host: string): OldAccount {
    return new OldAccount(new RemoteServer(host, this.state.old, (old) => this.keep({ old })))
  }

  private async createAccount(): Promise<void> {
    const { state, next, options } = this
    if (next.server.isSignedIn) return
    const did = state.did!
    const server = await next.describe()
    if (state.newPassword === null) {
      const newPassword = await this.secret('new-password', `a password for the account on ${state.to}`)
      const newHandle =
        options.newHandle ?? handleAt(state.handle!, await this.old.domains(), server.availableUserDomains)
      this.keep({ newPassword, newHandle })
    }
    const [handle, password, email] = [state.newHandle!, state.newPassword!, state.email]
    // An earlier run may have made it, and not heard so.
    const isThere = await next.signIn(did, password).then(
      () => true,
      (error: RemoteError) => (error.status === 401 || error.status === 400 ? false : Promise.reject(error)),
    )
    if (isThere) return
    if (email === null) throw new MoveWaits('an email address is needed: give one with --email')
    const proof = await this.old.proofFor(server.did)
    const { inviteCode } = options
    await next.create({ did, handle, email, password, ...(inviteCode !== undefined && { inviteCode }) }, proof)
  }

  /** The old account goes on living meanwhile, so this is done once more before the identity moves. */
  private async moveRepo(directory: string): Promise<void> {
    const { state } = this
    if (state.moved) return
    const rev = await this.old.rev(state.did!)
    if (rev === state.rev) return
    const path = join(directory, 'repo.car')
    await this.old.downloadRepo(state.did!, path, (done, total) => this.options.onProgress?.('repository', done, total))
    await this.next.importRepo(path)
    this.keep({ rev })
  }

  private async moveBlobs(directory: string): Promise<void> {
    const { state, old, next } = this
    if (state.moved) return
    const before = state.blobs
    const { expectedBlobs, importedBlobs } = await next.status()
    const total = Math.max(expectedBlobs - importedBlobs, 0)
    const told = (sent: number): void => {
      state.blobs = before + sent
      this.options.onProgress?.('blobs', sent, total)
    }
    const { lost } = await moveBlobs(state.did!, old, next, directory, told)
    this.keep({ lost })
  }

  private async movePreferences(): Promise<void> {
    if (this.state.preferences) return
    const preferences = (await this.old.preferences()).filter(
      // It is computed, from another one.
      ({ $type }) => $type !== 'app.bsky.actor.defs#declaredAgePref',
    )
    await this.next.putPreferences(preferences)
    this.keep({ preferences: true })
  }

  private async moveIdentity(directory: string): Promise<void> {
    const { state, old, next, options } = this
    if (!state.moved && !(await next.status()).validDid) {
      if (state.did!.startsWith('did:plc:')) {
        if (!state.codeRequested) {
          await old.requestCode()
          this.keep({ codeRequested: true })
        }
        const code = await this.secret(
          'identity-code',
          `the code for the change of identity that ${state.host} has mailed`,
        )
        // What has been written since the first time.
        await this.moveRepo(directory)
        await this.moveBlobs(directory)
        const { recoveryKey = null } = options
        // A code works once: should this be cut off, a new one is asked for.
        this.keep({ codeRequested: false })
        await moveIdentity(state.did!, { old, next, code, recoveryKey, plc: options.plc })
      } else
        throw new MoveWaits(
          `${state.did} is not a did:plc: make its document name ${state.to} and the key that ` +
            `${JSON.stringify(await next.recommended())} says, and start this again`,
        )
    }
    this.keep({ moved: true })
  }

  private async activate(): Promise<void> {
    if (this.state.activated) return
    await this.next.activate()
    this.keep({ activated: true })
  }

  private async deactivate(): Promise<void> {
    const { did, rev, deactivated } = this.state
    if (deactivated) return
    // One that rests already, by a run that did not get to say so, tells nothing.
    const last = rev === null ? null : await this.old.rev(did!).catch(() => null)
    if (last !== null && last !== rev) this.keep({ late: true })
    await this.old.deactivate()
    this.keep({ deactivated: true })
  }

  private result(): Moved {
    const { did, newHandle, blobs, lost, from, to } = this.state
    return {
      did: did!,
      handle: newHandle!,
      blobs,
      lost,
      left: [
        `sign in on ${to} with the new password, in every app that you use`,
        'make app passwords, second factors and invite codes anew: they do not move',
        ...(lost.length > 0 ? [`${lost.length} blobs were not to be had on ${from}: see the list`] : []),
        ...(this.state.late
          ? [`something was written on ${from} while the identity moved, and is not here: write it again`]
          : []),
        ...(this.options.recoveryKey === undefined
          ? ['put a recovery key of your own into your identity, so that no server has the last word on it']
          : []),
        `the account on ${from} is deactivated: delete it there once everything is well here`,
      ],
    }
  }

  private keep(change: Partial<MoveState>): void {
    Object.assign(this.state, change)
    this.options.save(this.state)
  }

  /** @throws MoveWaits when nobody is there to ask */
  private async secret(secret: Secret, what: string): Promise<string> {
    const given = await this.options.ask(secret)
    if (given) return given.trim()
    throw new MoveWaits(`${what} is needed`)
  }
}

/** The origin of the server that a DID document names, null where it names none. */
function hostOf(document: unknown): string | null {
  const { service } = (document ?? {}) as { service?: { id?: string; serviceEndpoint?: unknown }[] }
  const pds = service?.find(({ id }) => id?.endsWith('#atproto_pds'))
  return typeof pds?.serviceEndpoint === 'string' ? (URL.parse(pds.serviceEndpoint)?.origin ?? null) : null
}

/** A handle of one's own domain stays; one that the old server has given out is had from the new one, under its domain. */
function handleAt(handle: string, there: readonly string[], here: readonly string[]): string {
  const given = there.find((domain) => handle.endsWith(domain))
  if (given === undefined || here.length === 0 || here.includes(given)) return handle
  return `${handle.slice(0, -given.length)}${here[0]}`
}
