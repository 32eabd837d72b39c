import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { formatUpdate } from '../../identity/plc/genesis.js'
import { isPlcDid, type PlcState, type PlcUpdate } from '../../identity/plc/operation.js'
import { checkIncoming } from '../../identity/plc/shape.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { EmailCodes } from '../email-codes.js'
import { IdentityChanges } from './identity-changes.js'

export type PlcChange = XrpcMethods['com.atproto.identity.signPlcOperation']['input']

/** Signs the next operation of an account's identity, whatever it says: with it the account may go elsewhere. */
export class SignPlcOperation extends Command<PlcUpdate> {
  constructor(
    readonly did: Did,
    readonly input: PlcChange,
  ) {
    super()
  }
}

/** Nothing is submitted: that is for whoever gets the operation. */
@CommandHandler(SignPlcOperation)
export class SignPlcOperationHandler implements ICommandHandler<SignPlcOperation> {
  constructor(
    private readonly database: Database,
    private readonly codes: EmailCodes,
    private readonly changes: IdentityChanges,
  ) {}

  /**
   * The code is used up by an operation that was signed, and by nothing else. @throws XrpcError 400 InvalidToken,
   * ExpiredToken, InvalidRequest; 502; PlcError for what no directory would take
   */
  async execute({ did, input: { token, ...wanted } }: SignPlcOperation): Promise<PlcUpdate> {
    if (!token) throw invalidRequest('email confirmation token required to sign PLC operations')
    assertPlcDid(did)
    await this.codes.check(did, 'plc_operation', token)
    const { last, key } = await this.changes.held(did)
    const given = Object.entries(wanted).filter(([, value]) => value !== undefined)
    const operation = formatUpdate(last, Object.fromEntries(given) as Partial<PlcState>, key)
    checkIncoming(operation)
    await this.database.write((tx) => this.codes.use(tx, did, 'plc_operation', token))
    return operation
  }
}

/** @throws XrpcError 400 for other methods, which know no operations. */
export function assertPlcDid(did: string): void {
  const isPlc: boolean = isPlcDid(did)
  if (!isPlc) throw invalidRequest(`${did} is not a did:plc: its document is changed where it is served`)
}
