import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { type Did, type Handle, isDid } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { isPlcDid } from '../../identity/plc/operation.js'
import { invalidRequest, XrpcError } from '../../xrpc/xrpc-error.js'
import { AdoptedIdentities, type HeldIdentity } from './adopted-identity.js'
import { AdoptionRegistration, assertAdoptable } from './adoption-registration.js'
import { Passwords } from '../password/passwords.js'
import { SignUpRules } from './sign-up-rules.js'

/** What the operator says of an account that is to live here. */
export interface AdoptionInput {
  did: string
  email: string
  password: string
  /** Left out: the one that the identity has. */
  handle?: string
  /** A private rotation key of the identity, 64 hexadecimal digits, K-256 or P-256. Left out: this server's own. */
  rotationKey?: string
}

export interface AdoptedAccount {
  did: Did
  handle: Handle
  /** did:key that its commits are signed with from now on. */
  signingKey: string
  /** did:keys that may sign its next PLC operation. */
  rotationKeys: string[]
}

/** Makes an account of a repository that is kept here, archived or mirrored, by a rotation key that the operator holds. */
export class AdoptAccount extends Command<AdoptedAccount> {
  constructor(readonly input: AdoptionInput) {
    super()
  }
}

/**
 * The identity is made to name this server and a new signing key; the repository is signed anew over the tree that is kept
 * here, and the log says so with an identity, an account and a sync event. The rotation key signs one operation and is
 * written nowhere.
 */
@CommandHandler(AdoptAccount)
export class AdoptAccountHandler implements ICommandHandler<AdoptAccount> {
  constructor(
    private readonly database: Database,
    private readonly rules: SignUpRules,
    private readonly identities: AdoptedIdentities,
    private readonly passwords: Passwords,
    private readonly registration: AdoptionRegistration,
  ) {}

  /**
   * Resolves when the owner can sign in. @throws XrpcError 400 InvalidRequest, AlreadyExists; as {@link assertAdoptable},
   * {@link SignUpRules.checkContact}, {@link SignUpRules.checkHandle}, {@link AdoptedIdentities.held} and
   * {@link AdoptionRegistration.register}
   */
  async execute({ input }: AdoptAccount): Promise<AdoptedAccount> {
    const did = parseDid(input.did)
    const secret = input.rotationKey === undefined ? null : parseSecret(input.rotationKey)
    await assertAdoptable(this.database.read, did)
    if (await this.database.read.get('SELECT 1 FROM account WHERE did = ?', did))
      throw invalidRequest(`${did} is being adopted already, and waits for the PLC directory`, 'AlreadyExists')
    const email = await this.rules.checkContact(input.email, input.password)
    const identity = await this.identities.held(did, secret)
    const handle = await this.handleFor(identity, input.handle)
    const password = await this.passwords.hash(input.password)
    const { key, operation } = this.identities.move(identity, handle)
    await this.registration.register({ did, handle, email, password }, key, operation)
    return { did, handle, signingKey: key.didKey, rotationKeys: operation.rotationKeys }
  }

  /** A handle that the old host has given out is seldom to be had any more. */
  private async handleFor({ did, state }: HeldIdentity, wanted: string | undefined): Promise<Handle> {
    if (wanted !== undefined) return this.rules.checkHandle(wanted, did)
    const present = state.alsoKnownAs.find((alias) => alias.startsWith('at://'))?.slice('at://'.length)
    if (present === undefined) throw invalidRequest(`${did} has no handle: give it one`, 'InvalidHandle')
    try {
      return await this.rules.checkHandle(present, did)
    } catch (error) {
      if (!(error instanceof XrpcError)) throw error
      throw invalidRequest(`Its handle ${present} cannot be kept (${error.message}): give it another`, error.error)
    }
  }
}

function parseDid(text: string): Did {
  if (isPlcDid(text)) return text
  if (!isDid(text)) throw invalidRequest(`Not a DID: ${text.slice(0, 80)}`)
  throw invalidRequest(
    `${text} is not a did:plc, so no key can move it. Whoever has its domain can: once its document names this server, ` +
      'delete the copy that is kept here, create the account by createAccount with this did, and import the repository',
  )
}

/** @throws XrpcError 400, which does not repeat what was given. */
function parseSecret(hex: string): Buffer {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw invalidRequest('A private rotation key is 64 hexadecimal digits')
  return Buffer.from(hex, 'hex')
}
