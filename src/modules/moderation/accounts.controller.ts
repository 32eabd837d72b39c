import { Controller, UseGuards } from '@nestjs/common'
import { ModeratorGuard } from '../auth/moderator.guard.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Params, XrpcQuery } from '../xrpc/xrpc.js'
import { AccountViews } from './account-views.js'

type Admin<Name extends string> = XrpcMethods[`com.atproto.admin.${Name}` & keyof XrpcMethods]

const MAX_DIDS = 500
/** Longer than any email address or handle. */
const MAX_TEXT = 320

/** What moderators may know of accounts: com.atproto.admin. */
@Controller()
@UseGuards(ModeratorGuard)
export class AccountsController {
  constructor(private readonly accounts: AccountViews) {}

  @XrpcQuery('com.atproto.admin.getAccountInfo')
  async getAccountInfo(
    @Params() { did }: Admin<'getAccountInfo'>['params'],
  ): Promise<Admin<'getAccountInfo'>['output']> {
    const [account] = await this.accounts.of([did])
    if (!account) throw invalidRequest('Account not found', 'NotFound')
    return account
  }

  /** Those that are no accounts here are left out. */
  @XrpcQuery('com.atproto.admin.getAccountInfos')
  async getAccountInfos(
    @Params() { dids }: Admin<'getAccountInfos'>['params'],
  ): Promise<Admin<'getAccountInfos'>['output']> {
    if (dids.length > MAX_DIDS) throw invalidRequest(`At most ${MAX_DIDS} DIDs at a time`)
    return { infos: await this.accounts.of(dids) }
  }

  /** By a part of the email address, as the lexicon says, or of the handle or the DID. */
  @XrpcQuery('com.atproto.admin.searchAccounts')
  async searchAccounts(
    @Params() { email, limit = 50, cursor }: Admin<'searchAccounts'>['params'],
  ): Promise<Admin<'searchAccounts'>['output']> {
    if (email !== undefined && email.length > MAX_TEXT) throw invalidRequest('That is longer than any email address')
    return this.accounts.search({ text: email ?? null, limit, cursor })
  }
}
