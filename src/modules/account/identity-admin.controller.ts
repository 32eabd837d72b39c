import { Body, Controller, HttpCode, Post, type StreamableFile, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { AdminGuard } from '../auth/guards.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { progressLines } from '../xrpc/progress-lines.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, XrpcProcedure } from '../xrpc/xrpc.js'
import { Accounts } from './accounts.js'
import { RotateKeys, type RotationWish } from './rotate-keys.js'
import { UpdateHandle } from './update-handle.js'
import { UpdateSigningKey } from './update-signing-key.js'

type Admin<Name extends string> = XrpcMethods[`com.atproto.admin.${Name}` & keyof XrpcMethods]

/** What the operator may do with the identities and the keys of accounts. */
@Controller()
@UseGuards(AdminGuard)
export class IdentityAdminController {
  constructor(
    private readonly commands: CommandBus,
    private readonly accounts: Accounts,
  ) {}

  @XrpcProcedure('com.atproto.admin.updateAccountHandle')
  async updateHandle(@Input() { did, handle }: Admin<'updateAccountHandle'>['input']): Promise<void> {
    if (!(await this.accounts.byDid(did))) throw invalidRequest(`Could not find account: ${did}`, 'AccountNotFound')
    await this.commands.execute(new UpdateHandle(did as Did, handle, true))
  }

  @XrpcProcedure('com.atproto.admin.updateAccountSigningKey')
  async updateSigningKey(@Input() { did, signingKey }: Admin<'updateAccountSigningKey'>['input']): Promise<void> {
    await this.commands.execute(new UpdateSigningKey(did as Did, signingKey))
  }

  /**
   * Body: a {@link RotationWish}. Answers lines of progress, and last what has come out; the work goes on when nobody
   * listens. @throws XrpcError 400 for what is not that
   */
  @Post('/admin/keys/rotate')
  @HttpCode(200)
  rotate(@Body() body: unknown): StreamableFile {
    if (!isWish(body))
      throw invalidRequest('expected {signing: boolean, rotation: boolean, account: handle, DID or null}')
    return progressLines((tell) => this.commands.execute(new RotateKeys(body, tell)))
  }
}

function isWish(body: unknown): body is RotationWish {
  const { signing, rotation, account } = (body ?? {}) as Partial<Record<string, unknown>>
  return (
    typeof signing === 'boolean' && typeof rotation === 'boolean' && (account === null || typeof account === 'string')
  )
}
