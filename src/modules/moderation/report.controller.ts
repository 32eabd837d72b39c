import { Controller, Req, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { ReportGuard } from '../auth/report.guard.js'
import { type AuthenticatedRequest, Viewer } from '../auth/viewer.js'
import { Config } from '../config/config.js'
import { serviceEndpointOf } from '../identity/did-document.js'
import { DidResolver } from '../identity/did-resolver.js'
import { SafeFetch } from '../identity/safe-fetch.js'
import { ServerAddress } from '../identity/server-address.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { parseProxyHeader } from '../proxy/proxy-header.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, XrpcProcedure } from '../xrpc/xrpc.js'
import { CreateReport } from './create-report.js'
import type { ReportTarget } from './report-forwarding.js'
import { isAppeal } from './report-reasons.js'
import { plainSubject, type Subject } from './subject.js'

type Create = XrpcMethods['com.atproto.moderation.createReport']

const LABELER = 'atproto_labeler'

/** Reports: com.atproto.moderation. */
@Controller()
@UseGuards(ReportGuard)
export class ReportController {
  constructor(
    private readonly commands: CommandBus,
    private readonly dids: DidResolver,
    private readonly config: Config,
    private readonly fetch: SafeFetch,
    private readonly address: ServerAddress,
  ) {}

  /**
   * Answers when the report is in the inbox here; whoever else is to have it gets it after that. An account that is taken
   * down may appeal, and nothing else.
   */
  @XrpcProcedure('com.atproto.moderation.createReport')
  async createReport(
    @Viewer() viewer: Viewer,
    @Input() { reasonType, reason, subject: named, modTool }: Create['input'],
    @Req() request: AuthenticatedRequest,
  ): Promise<Create['output']> {
    if (viewer.scope === 'com.atproto.takendown' && !isAppeal(reasonType))
      throw invalidRequest('Report not accepted from takendown account')
    const subject = plainSubject(named as Subject)
    // Who comes by a service token has chosen this server, and is not passed on.
    const target = viewer.sessionId === null ? null : await this.targetOf(request.headers['atproto-proxy'])
    const report = { reasonType, reason, subject, modTool }
    const { id, createdAt } = await this.commands.execute(new CreateReport(viewer.did, report, target))
    return {
      ...{ id, reasonType, ...(reason !== undefined && { reason }) },
      subject: subject as Create['output']['subject'],
      ...{ reportedBy: viewer.did, createdAt },
    }
  }

  /**
   * The labeler that the client names (https://atproto.com/specs/xrpc#service-proxying), else that of the settings.
   * @throws XrpcError 400 InvalidRequest for one that cannot be found
   */
  private async targetOf(header: string | string[] | undefined): Promise<ReportTarget | null> {
    const { reportService, modService, serviceDid, subscribedLabelers } = this.config
    if (header === undefined) return known(reportService)
    const { did, id } = parseProxyHeader(String(header))
    if (id !== LABELER) return known(reportService)
    if (did === serviceDid) return null
    const listed = subscribedLabelers.get(did)
    const ours = [reportService, modService].find((service) => service?.did === did && service.url !== null)
    if (ours) return known(ours)
    if (listed !== undefined) return { did, url: listed, trusted: true }
    const document = await this.dids.resolve(did)
    const url = document && serviceEndpointOf(document, id)
    if (!url) throw invalidRequest(document ? 'could not resolve proxy did service url' : 'could not resolve proxy did')
    if (this.address.isAt(url)) return null
    try {
      this.fetch.check(url)
    } catch {
      throw invalidRequest('could not resolve proxy did service url')
    }
    return { did, url, trusted: false }
  }
}

function known(service: Config['reportService']): ReportTarget | null {
  return service?.url == null ? null : { did: service.did, url: service.url, trusted: true }
}
