import { Injectable } from '@nestjs/common'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { type Account, Accounts } from './accounts.js'

/** Accounts as an operator names them. */
@Injectable()
export class NamedAccounts {
  constructor(private readonly accounts: Accounts) {}

  /** The account of a handle or a DID. @throws XrpcError 400 AccountNotFound; InvalidRequest for what is no text. */
  async find(name: unknown): Promise<Account> {
    if (typeof name !== 'string' || name === '') throw invalidRequest('expected the handle or the DID of an account')
    const account = await this.accounts.byIdentifier(name)
    if (!account) throw invalidRequest(`Account does not exist: ${name.slice(0, 300)}`, 'AccountNotFound')
    return account
  }
}
