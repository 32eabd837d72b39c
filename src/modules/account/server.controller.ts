import { Controller, Req, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { FastifyRequest } from 'fastify'
import { bearerToken } from '../auth/bearer.js'
import { AccessGuard, RefreshGuard } from '../auth/guards.js'
import { clientOf } from '../auth/session-client.js'
import { expiredToken, type RefreshClaims } from '../auth/tokens.js'
import { AlsoTakendown, Refresh, Viewer } from '../auth/viewer.js'
import { Config } from '../config/config.js'
import { DidResolver } from '../identity/did-resolver.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { Input, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { type Account, Accounts } from './accounts.js'
import { CreateAccount } from './sign-up/create-account.js'
import { CreateSession, type SignedIn } from './sessions/create-session.js'
import { DeleteSession } from './sessions/delete-session.js'
import { RefreshSession } from './sessions/refresh-session.js'

type Server<Name extends string> = XrpcMethods[`com.atproto.server.${Name}` & keyof XrpcMethods]

/** Accounts and sessions: com.atproto.server. */
@Controller()
export class ServerController {
  constructor(
    private readonly commands: CommandBus,
    private readonly accounts: Accounts,
    private readonly dids: DidResolver,
    private readonly config: Config,
  ) {}

  @XrpcQuery('com.atproto.server.describeServer')
  describeServer(): Server<'describeServer'>['output'] {
    const { config } = this
    return {
      did: config.serviceDid,
      availableUserDomains: [...config.handleDomains],
      inviteCodeRequired: config.inviteRequired,
      blobUploadLimit: config.blobUploadLimit,
      links: {
        privacyPolicy: config.privacyPolicyUrl ?? undefined,
        termsOfService: config.termsOfServiceUrl ?? undefined,
      },
      contact: { email: config.contactEmail ?? undefined },
    }
  }

  @XrpcProcedure('com.atproto.server.createAccount')
  async createAccount(
    @Input() input: Server<'createAccount'>['input'],
    @Req() request: FastifyRequest,
  ): Promise<Server<'createAccount'>['output']> {
    // Only a DID from elsewhere has anything to show; clients also send what is left of an older session.
    const serviceToken = input.did === undefined ? null : bearerToken(request)
    const created = await this.commands.execute(new CreateAccount(input, serviceToken, clientOf(request)))
    return { ...created, didDoc: await this.documentOf(created.did) }
  }

  @XrpcProcedure('com.atproto.server.createSession')
  async createSession(
    @Input() { identifier, password, allowTakendown, authFactorToken }: Server<'createSession'>['input'],
    @Req() request: FastifyRequest,
  ): Promise<Server<'createSession'>['output']> {
    const command = new CreateSession(identifier, password, clientOf(request), allowTakendown, authFactorToken)
    return this.sessionOf(await this.commands.execute(command))
  }

  @XrpcProcedure('com.atproto.server.refreshSession')
  @UseGuards(RefreshGuard)
  async refreshSession(@Refresh() token: RefreshClaims): Promise<Server<'refreshSession'>['output']> {
    return this.sessionOf(await this.commands.execute(new RefreshSession(token)))
  }

  @XrpcProcedure('com.atproto.server.deleteSession')
  @UseGuards(RefreshGuard)
  async deleteSession(@Refresh() token: RefreshClaims): Promise<void> {
    await this.commands.execute(new DeleteSession(token))
  }

  @XrpcQuery('com.atproto.server.getSession')
  @UseGuards(AccessGuard)
  @AlsoTakendown()
  async getSession(@Viewer() { did }: Viewer): Promise<Server<'getSession'>['output']> {
    const account = await this.accounts.byDid(did)
    if (!account) throw expiredToken('Token has been revoked')
    return this.describe(account)
  }

  /** Nobody has to queue here. */
  @XrpcQuery('com.atproto.temp.checkSignupQueue')
  @UseGuards(AccessGuard)
  checkSignupQueue(): XrpcMethods['com.atproto.temp.checkSignupQueue']['output'] {
    return { activated: true }
  }

  private async sessionOf({ account, tokens }: SignedIn) {
    return { ...tokens, ...(await this.describe(account)) }
  }

  private async describe({ did, handle, email, emailConfirmedAt, emailFactorAt, status }: Account) {
    const emailConfirmed = emailConfirmedAt !== null
    const emailAuthFactor = emailFactorAt !== null
    const active = status === null
    return {
      did,
      didDoc: await this.documentOf(did),
      handle,
      email,
      emailConfirmed,
      emailAuthFactor,
      active,
      status: status ?? undefined,
    }
  }

  /** Left out where its source does not answer: a session must not wait for the DID's. */
  private async documentOf(did: string): Promise<Record<string, unknown> | undefined> {
    const document = await this.dids.resolve(did)
    return document === null ? undefined : { ...document }
  }
}
