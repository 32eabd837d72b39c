import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AccessGuard } from '../../auth/guards.js'
import { expiredToken } from '../../auth/tokens.js'
import { requireFullAccess, Viewer } from '../../auth/viewer.js'
import { textsOf } from '../../xrpc/body-texts.js'
import { Accounts } from '../accounts.js'
import { ChangePassword } from '../password/change-password.js'
import { BeginTotp } from './begin-totp.js'
import { ConfirmTotp } from './confirm-totp.js'
import { RemoveTotp } from './remove-totp.js'
import { type FactorState, SecondFactors } from './second-factors.js'
import type { TotpSetup } from './totp.js'

/** How the owner of an account signs in to it: plain JSON, for which there is no lexicon. Not for app passwords. */
@Controller('/account')
@UseGuards(AccessGuard)
export class FactorController {
  constructor(
    private readonly commands: CommandBus,
    private readonly accounts: Accounts,
    private readonly factors: SecondFactors,
  ) {}

  /** What a sign-in needs besides the password: a {@link FactorState}. */
  @Get('factors')
  async state(@Viewer() viewer: Viewer): Promise<FactorState> {
    requireFullAccess(viewer)
    const account = await this.accounts.byDid(viewer.did)
    if (!account) throw expiredToken('Token has been revoked')
    return this.factors.state(account)
  }

  /** Body: `{password}`. Gives what an authenticator app is set up with, `{uri, secret}`. */
  @Post('totp/begin')
  @HttpCode(200)
  async beginTotp(@Viewer() viewer: Viewer, @Body() body: unknown): Promise<TotpSetup> {
    requireFullAccess(viewer)
    const { password } = textsOf(body, ['password'])
    return this.commands.execute(new BeginTotp(viewer.did, password))
  }

  /** Body: `{code}`, the first one of the app. Gives `{backupCodes}`, this once. */
  @Post('totp/confirm')
  @HttpCode(200)
  async confirmTotp(@Viewer() viewer: Viewer, @Body() body: unknown): Promise<{ backupCodes: string[] }> {
    requireFullAccess(viewer)
    const { code } = textsOf(body, ['code'])
    return { backupCodes: await this.commands.execute(new ConfirmTotp(viewer.did, code)) }
  }

  /** Body: `{password, code}`; the code is of the app or a backup code. */
  @Post('totp/remove')
  @HttpCode(200)
  async removeTotp(@Viewer() viewer: Viewer, @Body() body: unknown): Promise<void> {
    requireFullAccess(viewer)
    const { password, code } = textsOf(body, ['password', 'code'])
    await this.commands.execute(new RemoveTotp(viewer.did, password, code))
  }

  /** Body: `{current, new}`. Every other session ends. */
  @Post('password')
  @HttpCode(200)
  async changePassword(@Viewer() viewer: Viewer, @Body() body: unknown): Promise<void> {
    requireFullAccess(viewer)
    const { current, new: next } = textsOf(body, ['current', 'new'])
    await this.commands.execute(new ChangePassword(viewer.did, viewer.sessionId, current, next))
  }
}
