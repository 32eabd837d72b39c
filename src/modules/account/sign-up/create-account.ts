import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did, Handle } from '../../../repo-engine/index.js'
import type { SessionClient } from '../../auth/session-client.js'
import { Sessions } from '../../auth/sessions.js'
import type { TokenPair } from '../../auth/tokens.js'
import { AccountRegistration } from './account-registration.js'
import { NewIdentities } from './new-identity.js'
import { Passwords } from '../password/passwords.js'
import { type SignUpInput, SignUpRules } from './sign-up-rules.js'

export interface CreatedAccount extends TokenPair {
  did: Did
  handle: Handle
}

/**
 * Makes an account and its empty repository, and signs its owner in. `serviceToken` is what a DID from elsewhere
 * shows for itself.
 */
export class CreateAccount extends Command<CreatedAccount> {
  constructor(
    readonly input: SignUpInput,
    readonly serviceToken: string | null,
    readonly client: SessionClient,
  ) {
    super()
  }
}

/** @throws XrpcError as {@link SignUpRules.check}, {@link NewIdentities.adopt} and {@link AccountRegistration.register}. */
@CommandHandler(CreateAccount)
export class CreateAccountHandler implements ICommandHandler<CreateAccount> {
  constructor(
    private readonly rules: SignUpRules,
    private readonly identities: NewIdentities,
    private readonly passwords: Passwords,
    private readonly registration: AccountRegistration,
    private readonly sessions: Sessions,
  ) {}

  async execute({ input, serviceToken, client }: CreateAccount): Promise<CreatedAccount> {
    const { did: wanted, recoveryKey } = input
    const webName = wanted !== undefined && serviceToken === null ? this.identities.webNameOf(wanted) : null
    // Before the rules: whether a DID has an account here is nobody's business but its own.
    const adopted = wanted === undefined || webName !== null ? null : await this.identities.adopt(wanted, serviceToken)
    const { handle, email, password, inviteCode } = await this.rules.check(input)
    const made = adopted ?? (webName === null ? null : await this.identities.makeWeb(webName, handle))
    const hash = await this.passwords.hash(password)
    const identity = made ?? this.identities.make(handle, recoveryKey)
    const { did } = identity
    await this.registration.register({ did, handle, email, password: hash, inviteCode }, identity)
    const tokens = await this.sessions.start({ did, scope: 'com.atproto.access', shown: null, client })
    return { did, handle, ...tokens }
  }
}
