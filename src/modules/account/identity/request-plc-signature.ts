import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { EmailCodes } from '../email-codes.js'
import { assertPlcDid } from './sign-plc-operation.js'

/** Sends the owner of an account the code that signing a PLC operation needs. */
export class RequestPlcSignature extends Command<void> {
  constructor(readonly did: Did) {
    super()
  }
}

/** @throws XrpcError 400 AccountNotFound, or InvalidRequest for another method than did:plc. */
@CommandHandler(RequestPlcSignature)
export class RequestPlcSignatureHandler implements ICommandHandler<RequestPlcSignature> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly codes: EmailCodes,
  ) {}

  async execute({ did }: RequestPlcSignature): Promise<void> {
    assertPlcDid(did)
    const account = await this.accounts.byDid(did)
    if (!account) throw invalidRequest('account not found', 'AccountNotFound')
    await this.database.write((tx) => this.codes.send(tx, account, 'plc_operation'))
  }
}
