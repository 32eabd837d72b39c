import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../auth/guards.js'
import { Actor } from '../auth/viewer.js'
import { HandleResolver } from '../identity/handle-resolver.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { LabelIssuer } from './label-issuer.js'

/** What came of an asked label. */
export interface IssuedLabel {
  /** A DID or an at-uri. */
  uri: string
  /** False: it was so already. */
  changed: boolean
}

/** The labels of this server, as the operator sets them. */
@Controller()
@UseGuards(AdminGuard)
export class LabelsAdminController {
  constructor(
    private readonly labels: LabelIssuer,
    private readonly handles: HandleResolver,
  ) {}

  /**
   * Body: `{uri, val, cid?, neg?, exp?, reason?}`, as `AskedLabel`; `uri` may also be the handle of an account.
   * @throws XrpcError 400 InvalidRequest for what is not that
   */
  @Post('/admin/labels')
  @HttpCode(200)
  async issue(@Body() body: Record<string, unknown> | undefined, @Actor() actor: string): Promise<IssuedLabel> {
    const { uri, val, cid, neg, exp, reason } = body ?? {}
    if (typeof uri !== 'string' || typeof val !== 'string' || !isOptional('boolean', neg))
      throw invalidRequest('expected {uri, val: texts, neg: boolean}')
    if (!isOptional('string', cid) || !isOptional('string', exp) || !isOptional('string', reason))
      throw invalidRequest('expected {cid, exp, reason}: texts, or nothing')
    const subject = uri.includes(':') ? uri : await this.handles.resolve(uri)
    if (subject === null) throw invalidRequest(`Could not find account: ${uri.slice(0, 300)}`)
    const asked = { uri: subject, val, cid: cid as string, neg: neg as boolean, exp: exp as string }
    return { uri: subject, changed: await this.labels.issue(asked, actor, (reason as string | undefined) ?? null) }
  }
}

function isOptional(type: 'boolean' | 'string', value: unknown): boolean {
  return value === undefined || typeof value === type
}
