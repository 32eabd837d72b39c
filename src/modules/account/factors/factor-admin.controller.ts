import { Body, Controller, Get, HttpCode, Post, Query, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { ActionLog } from '../../audit/action-log.js'
import { AdminGuard } from '../../auth/guards.js'
import { Actor } from '../../auth/viewer.js'
import { textsOf } from '../../xrpc/body-texts.js'
import { ConfirmEmail } from '../contact/confirm-email.js'
import { EmailCodes, type LivingCode } from '../email-codes.js'
import { NamedAccounts } from '../named-accounts.js'
import { RemoveFactors } from './remove-factors.js'
import { type FactorState, SecondFactors } from './second-factors.js'

/** What the operator does where mail does not reach, or a phone is lost. Accounts are named by handle or DID. */
@Controller('/admin/accounts')
@UseGuards(AdminGuard)
export class FactorAdminController {
  constructor(
    private readonly commands: CommandBus,
    private readonly named: NamedAccounts,
    private readonly codes: EmailCodes,
    private readonly factors: SecondFactors,
    private readonly actions: ActionLog,
  ) {}

  /** The codes that work at the moment, of `?account=` or of all: `{codes}`, newest first. */
  @Get('codes')
  async codesOf(@Query('account') account?: string): Promise<{ codes: LivingCode[] }> {
    const did = account === undefined ? null : (await this.named.find(account)).did
    return { codes: await this.codes.living(did) }
  }

  /** Body: `{account}`, whose address the operator knows to be its owner's. */
  @Post('confirm-email')
  @HttpCode(200)
  async confirmEmail(@Body() body: unknown, @Actor() actor: string): Promise<void> {
    const { did } = await this.named.find(textsOf(body, ['account']).account)
    await this.commands.execute(new ConfirmEmail(did, null))
    await this.actions.noteDone({ actor, action: 'confirm-email', subject: did })
  }

  /** What a sign-in to `?account=` needs: a {@link FactorState}. */
  @Get('factors')
  async factorsOf(@Query('account') account?: string): Promise<FactorState> {
    return this.factors.state(await this.named.find(account))
  }

  /** Body: `{account}`, which its password alone opens from then on. */
  @Post('factors/remove')
  @HttpCode(200)
  async removeFactors(@Body() body: unknown, @Actor() actor: string): Promise<void> {
    const { did } = await this.named.find(textsOf(body, ['account']).account)
    await this.commands.execute(new RemoveFactors(did))
    await this.actions.noteDone({ actor, action: 'remove-factors', subject: did })
  }
}
