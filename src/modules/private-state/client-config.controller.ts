import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard, ViewerGuard } from '../auth/viewer.guard.js'
import { Viewer } from '../auth/viewer.js'
import { Database } from '../database/database.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { Input, Params, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'

type Out<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['output']

/** What clients ask as they start, for everybody the same: this server asks nobody's age and has no feature switches. */
@Controller()
@UseGuards(ViewerGuard)
export class ClientConfigController {
  @XrpcQuery('app.bsky.unspecced.getConfig')
  getConfig(): Out<'app.bsky.unspecced.getConfig'> {
    return { checkEmailConfirmed: false, liveNow: [] }
  }

  /** No region has rules here, so clients restrict nothing. */
  @XrpcQuery('app.bsky.ageassurance.getConfig')
  getAgeAssuranceConfig(): Out<'app.bsky.ageassurance.getConfig'> {
    return { regions: [] }
  }
}

/** What clients ask for their account, answered by what this server does not do. */
@Controller()
@UseGuards(ViewerGuard, SignedInGuard)
export class ClientStateController {
  constructor(private readonly database: Database) {}

  @XrpcQuery('app.bsky.ageassurance.getState')
  async getState(
    @Viewer() { did }: Viewer,
    @Params() _: XrpcMethods['app.bsky.ageassurance.getState']['params'],
  ): Promise<Out<'app.bsky.ageassurance.getState'>> {
    const account = await this.database.read.get<{ created_at: string }>(
      'SELECT created_at FROM account WHERE did = ?',
      did,
    )
    return {
      state: { status: 'unknown', access: 'unknown' },
      metadata: account ? { accountCreatedAt: account.created_at } : {},
    }
  }

  @XrpcQuery('app.bsky.unspecced.getAgeAssuranceState')
  getAgeAssuranceState(): Out<'app.bsky.unspecced.getAgeAssuranceState'> {
    return { status: 'unknown' }
  }

  /** Videos are uploaded as blobs: no service converts them here. */
  @XrpcQuery('app.bsky.video.getUploadLimits')
  getUploadLimits(): Out<'app.bsky.video.getUploadLimits'> {
    return { canUpload: false, message: 'This server does not process videos.' }
  }

  /** Meant for the feed generator that the `atproto-proxy` header names. Without one nobody learns from it. */
  @XrpcProcedure('app.bsky.feed.sendInteractions')
  sendInteractions(
    @Input() _: XrpcMethods['app.bsky.feed.sendInteractions']['input'],
  ): Out<'app.bsky.feed.sendInteractions'> {
    return {}
  }
}
