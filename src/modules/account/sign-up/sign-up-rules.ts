import { Injectable } from '@nestjs/common'
import { isEmail } from 'class-validator'
import { type Did, type Handle, parseDidKey } from '../../../repo-engine/index.js'
import { Config } from '../../config/config.js'
import { HandleResolver } from '../../identity/handle-resolver.js'
import { checkHandle } from '../../identity/service-handles.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { InviteCodes } from '../invites/invite-codes.js'
import { checkNewPassword } from '../password/passwords.js'

export type SignUpInput = XrpcMethods['com.atproto.server.createAccount']['input']

/** What somebody who wants an account has asked for, found to be fine. */
export interface SignUp {
  handle: Handle
  email: string
  password: string
  /** One that there is; whether it still is when the account is made, only the write knows. */
  inviteCode: string | null
}

/** Which accounts and handles may be had here. */
@Injectable()
export class SignUpRules {
  constructor(
    private readonly accounts: Accounts,
    private readonly handles: HandleResolver,
    private readonly config: Config,
    private readonly invites: InviteCodes,
  ) {}

  /**
   * Judges a sign-up before anything costly is done for it; what other sign-ups under way take, only the write knows.
   * @throws XrpcError 400 InvalidRequest, InvalidPassword, InvalidInviteCode, and as {@link checkHandle}.
   */
  async check({ handle, email, password, inviteCode, recoveryKey, plcOp, did }: SignUpInput): Promise<SignUp> {
    if (plcOp !== undefined) throw invalidRequest('Unsupported input: "plcOp"')
    if (!password) throw invalidRequest('Password is required', 'InvalidPassword')
    checkNewPassword(password)
    if (inviteCode) await this.invites.check(inviteCode)
    else if (this.config.inviteRequired) throw invalidRequest('No invite code provided', 'InvalidInviteCode')
    const address = checkEmail(email)
    if (recoveryKey !== undefined) parseDidKey(recoveryKey)
    const checked = await this.checkHandle(handle, (did as Did | undefined) ?? null)
    await this.accounts.checkEmailFree(address)
    return { handle: checked, email: address, password, inviteCode: inviteCode || null }
  }

  /**
   * As {@link check}, for an account whose handle is its identity's: gives the address in its normal form.
   * @throws XrpcError 400 InvalidRequest, InvalidPassword.
   */
  async checkContact(email: string, password: string): Promise<string> {
    checkNewPassword(password)
    const address = checkEmail(email)
    await this.accounts.checkEmailFree(address)
    return address
  }

  /**
   * A handle in its normal form that an account may take: one of this server's domains, or one that says it is the
   * account's. `did` is null for an account that has none yet; `byOperator`: names that only the operator gives out, too.
   * @throws XrpcError 400 InvalidHandle, UnsupportedDomain, HandleNotAvailable, InvalidRequest.
   */
  async checkHandle(text: string, did: Did | null, byOperator = false): Promise<Handle> {
    const isBareName = byOperator && this.handles.isBareName(text)
    if (did === null || isBareName || this.handles.isServiceHandle(text)) {
      const handle = this.handles.checkServiceHandle(text, { byOperator })
      await this.accounts.checkHandleFree(handle, did)
      return handle
    }
    const handle = checkHandle(text)
    await this.accounts.checkHandleFree(handle, did)
    // Asked afresh: the owner has just set it up, and what is remembered from before would say no.
    if ((await this.handles.resolve(handle, { fresh: true })) !== did)
      throw invalidRequest('External handle did not resolve to DID')
    return handle
  }
}

/** The normal form of an email address; whether it is taken is not asked. @throws XrpcError 400 InvalidRequest. */
export function checkEmail(email: string | undefined): string {
  if (!email) throw invalidRequest('Email is required')
  if (!isEmail(email)) throw invalidRequest('This email address is not supported, please use a different email.')
  return email.toLowerCase()
}
