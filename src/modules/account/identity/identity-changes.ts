import { Injectable } from '@nestjs/common'
import type { Did, SigningKey } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { signingKeyOf } from '../../identity/did-document.js'
import { DidResolver } from '../../identity/did-resolver.js'
import { EmbeddedPlc } from '../../identity/plc/embedded-plc.js'
import { formatUpdate } from '../../identity/plc/genesis.js'
import {
  cidOfOperation,
  type PlcOperation,
  type PlcState,
  type PlcUpdate,
  stateOf,
} from '../../identity/plc/operation.js'
import { PlcDirectory } from '../../identity/plc/plc-directory.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { ServerAddress } from '../../identity/server-address.js'
import { SigningKeys } from '../../identity/signing-keys.js'
import type { Finish } from '../../outbox/outbox.js'

/** Tries when somebody else's operation comes between the look at the log and ours. */
const MAX_TRIES = 3

/** An identity as it is, and the key of this server that may say what comes next. */
export interface HeldState {
  last: PlcOperation
  state: PlcState
  key: SigningKey
}

/**
 * Changes of did:plc identities, made by this server or by their owners through it. What is checked before a change must
 * still be so when it is made: those of one DID come one after another.
 */
@Injectable()
export class IdentityChanges {
  private readonly turns = new Map<string, Promise<unknown>>()

  constructor(
    private readonly plc: PlcDirectory,
    private readonly keys: SigningKeys,
    private readonly dids: DidResolver,
    private readonly address: ServerAddress,
    private readonly database: Database,
  ) {}

  /** Whether the directory is in this very database, so that a change of it is a part of the caller's write. */
  get isEmbedded(): boolean {
    return this.plc.isEmbedded
  }

  /** Runs `fn` when nobody else is changing the identity, after those who asked before. */
  async alone<T>(did: Did, fn: () => Promise<T>): Promise<T> {
    const mine = (this.turns.get(did) ?? Promise.resolve()).then(fn)
    const settled = mine.catch(() => undefined)
    this.turns.set(did, settled)
    try {
      return await mine
    } finally {
      if (this.turns.get(did) === settled) this.turns.delete(did)
    }
  }

  /** @throws PlcError 404, 410; 400 where no key of this server is a rotation key; XrpcError 502 when nobody answers. */
  async held(did: Did): Promise<HeldState> {
    const last = await this.plc.lastOperation(did)
    if (!last) throw new PlcError(`DID not registered: ${did}`, 404)
    const state = stateOf(last)
    if (!state) throw new PlcError('Did is tombstoned', 410)
    const key = this.keys.rotationKeys.find(({ didKey }) => state.rotationKeys.includes(didKey))
    if (!key) throw new PlcError(`No rotation key of ${did} is this server's`)
    return { last, state, key }
  }

  /**
   * Makes a change: `changes` gives what of the present state is to be replaced, null where it is so already. Gives what is
   * to be written along with its consequences. To be called alone. @throws as {@link held} and {@link register}
   */
  async update(did: Did, changes: (state: PlcState) => Partial<PlcState> | null): Promise<Finish> {
    for (let tries = 1; ; tries++) {
      const { last, state, key } = await this.held(did)
      const changed = changes(state)
      if (!changed) return async () => {}
      const operation = formatUpdate(last, changed, key)
      try {
        return await this.register(did, operation)
      } catch (error) {
        if (!(error instanceof PlcError) || tries >= MAX_TRIES) throw error
        const newest = await this.plc.lastOperation(did)
        if (!newest || cidOfOperation(newest) === operation.prev) throw error
      }
    }
  }

  /**
   * Has an identity name another signing key, if it does not yet. Gives what is to be written along with the change of the
   * key here, for which {@link alone} is held. `inTurn` runs what may not be seen half done by those who write to the
   * repository. @throws PlcError 400 where the account does not live here; XrpcError 502
   */
  async setSigningKey(did: Did, next: string, inTurn: (change: () => Promise<Finish>) => Promise<void>): Promise<void> {
    const nothing = async (): Promise<void> => {}
    const document = await this.dids.resolve(did, { fresh: true })
    const named = document && signingKeyOf(document)
    if (named === next || (await this.dids.isOwn(did))) return inTurn(async () => nothing)
    if (!did.startsWith('did:plc:'))
      throw new PlcError(`The document of ${did} does not name the key: its owner has to see to that`)
    // Asked before the repository's turn, so that a directory that is away keeps nobody from writing.
    const { state } = await this.held(did)
    const endpoint = state.services.atproto_pds?.endpoint
    if (endpoint !== this.address.url) throw new PlcError(`${did} lives elsewhere, at ${endpoint ?? 'no server'}`)
    const present = await this.keys.publicKey(did)
    const key = state.verificationMethods.atproto
    if (key !== present && key !== next)
      throw new PlcError(`The identity of ${did} names a key that is not its own here`)
    await inTurn(() =>
      this.update(did, ({ verificationMethods }) =>
        verificationMethods.atproto === next
          ? null
          : { verificationMethods: { ...verificationMethods, atproto: next } },
      ),
    )
  }

  /**
   * Has an identity that lives here name the rotation key of today in the place of former ones. False where it names none.
   * @throws PlcError, also where an operation that names a former one is still to be registered; XrpcError 502
   */
  async renewRotationKey(did: Did, write: (finish: Finish) => Promise<void>): Promise<boolean> {
    const [current, ...former] = this.keys.rotationKeys.map(({ didKey }) => didKey)
    return this.alone(did, async () => {
      // Asked first: what is not promised any more has been registered, and is seen below.
      if (await this.isPromised(did, former)) throw new PlcError(`An operation of ${did} waits for the PLC directory`)
      const last = await this.plc.lastOperation(did)
      if (!last) throw new PlcError(`DID not registered: ${did}`, 404)
      const state = stateOf(last)
      const isOld = (key: string): boolean => former.includes(key)
      if (state?.services.atproto_pds?.endpoint !== this.address.url || !state.rotationKeys.some(isOld)) return false
      await write(
        await this.update(did, ({ rotationKeys }) =>
          rotationKeys.some(isOld)
            ? { rotationKeys: [...new Set(rotationKeys.map((key) => (isOld(key) ? current! : key)))] }
            : null,
        ),
      )
      return true
    })
  }

  /**
   * Registers an operation, be it again. The embedded directory does so in the write that is given back; one outside has
   * done it, or had done it when its answer was lost. @throws PlcError when it refuses; XrpcError 502 when nobody answers
   */
  async register(did: Did, operation: PlcUpdate): Promise<Finish> {
    const { plc } = this
    if (plc instanceof EmbeddedPlc) return (tx) => plc.submitWithin(tx, did, operation)
    try {
      await plc.submit(did, operation)
    } catch (error) {
      // An earlier try may have succeeded, and others have followed since.
      if (!(error instanceof PlcError && (await this.isRegistered(did, operation)))) throw error
    }
    // What is remembered of it is not so any more.
    await this.dids.resolve(did, { fresh: true })
    return async () => {}
  }

  /** Whether an operation of a DID that names one of the keys is in the outbox, whatever brought it there. */
  private async isPromised(did: Did, keys: readonly string[]): Promise<boolean> {
    for (const key of keys)
      if (
        await this.database.read.get(
          "SELECT 1 FROM outbox WHERE payload LIKE '%' || ? || '%' AND payload LIKE '%' || ? || '%'",
          JSON.stringify(did),
          JSON.stringify(key),
        )
      )
        return true
    return false
  }

  private async isRegistered(did: Did, operation: PlcUpdate): Promise<boolean> {
    const cid = cidOfOperation(operation)
    return (await this.plc.log(did)).some((standing) => cidOfOperation(standing) === cid)
  }
}
