import { Controller, HttpStatus, Req, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { dataToJson, decodeCbor, type Did, parseNsid, TidClock } from '../../repo-engine/index.js'
import { AccessGuard } from '../auth/guards.js'
import { MaybeModeratorGuard } from '../auth/owner.guard.js'
import { type AuthenticatedRequest, Viewer } from '../auth/viewer.js'
import { DidResolver } from '../identity/did-resolver.js'
import { handleOf } from '../identity/did-document.js'
import { Lexicons, type ValidationStatus } from '../lexicon/lexicons.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { invalidRequest, unauthorized, XrpcError } from '../xrpc/xrpc-error.js'
import { Input, Params, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { prepareWrite, type PreparedWrite, type RequestedWrite } from './prepare-write.js'
import { RepoQueries, type StoredRecord } from './repo-queries.js'
import { WriteRecords, type WrittenRecords } from './write-records.js'

type In<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['input']
type Out<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['output']

/** The procedures of com.atproto.repo: each asks for one commit. */
@Controller()
@UseGuards(AccessGuard)
export class RepoWriteController {
  constructor(
    private readonly commands: CommandBus,
    private readonly lexicons: Lexicons,
    private readonly queries: RepoQueries,
    private readonly tids: TidClock,
  ) {}

  @XrpcProcedure('com.atproto.repo.createRecord')
  async createRecord(
    @Viewer() viewer: Viewer,
    @Input() input: In<'com.atproto.repo.createRecord'>,
  ): Promise<Out<'com.atproto.repo.createRecord'>> {
    const { collection, rkey, record, swapCommit } = input
    const write = this.prepare({ action: 'create', collection, rkey, record }, input.validate)
    const written = await this.write(viewer, input.repo, [write], { swapCommit, replaceLinks: true })
    return { ...writtenRecord(viewer.did, write), commit: written.commit! }
  }

  @XrpcProcedure('com.atproto.repo.putRecord')
  async putRecord(
    @Viewer() viewer: Viewer,
    @Input() input: In<'com.atproto.repo.putRecord'>,
  ): Promise<Out<'com.atproto.repo.putRecord'>> {
    const { collection, rkey, record, swapCommit, swapRecord } = input
    const write = this.prepare({ action: 'put', collection, rkey, record }, input.validate)
    const { commit } = await this.write(viewer, input.repo, [write], { swapCommit, swapRecord })
    return { ...writtenRecord(viewer.did, write), ...(commit && { commit }) }
  }

  @XrpcProcedure('com.atproto.repo.deleteRecord')
  async deleteRecord(
    @Viewer() viewer: Viewer,
    @Input() input: In<'com.atproto.repo.deleteRecord'>,
  ): Promise<Out<'com.atproto.repo.deleteRecord'>> {
    const { collection, rkey, swapCommit, swapRecord } = input
    const write = this.prepare({ action: 'delete', collection, rkey }, undefined)
    const { commit } = await this.write(viewer, input.repo, [write], { swapCommit, swapRecord })
    return commit ? { commit } : {}
  }

  @XrpcProcedure('com.atproto.repo.applyWrites')
  async applyWrites(
    @Viewer() viewer: Viewer,
    @Input() input: In<'com.atproto.repo.applyWrites'>,
  ): Promise<Out<'com.atproto.repo.applyWrites'>> {
    const writes = input.writes.map((write) => {
      const action = ACTIONS[write.$type as keyof typeof ACTIONS]
      if (!action) throw invalidRequest(`Action not supported: ${String(write.$type)}`)
      const { collection, rkey } = write
      return this.prepare(
        { action, collection, rkey, record: 'value' in write ? write.value : undefined },
        input.validate,
      )
    })
    const { commit } = await this.write(viewer, input.repo, writes, { swapCommit: input.swapCommit })
    const results = writes.map((write) =>
      write.action === 'delete'
        ? { $type: 'com.atproto.repo.applyWrites#deleteResult' as const }
        : { $type: RESULTS[write.action as 'create' | 'update'], ...writtenRecord(viewer.did, write) },
    )
    return { ...(commit && { commit }), results }
  }

  private prepare(write: RequestedWrite, validate: boolean | undefined): PreparedWrite {
    return prepareWrite(write, validate, this.lexicons, () => this.tids.next())
  }

  /** `repo` must mean the viewer: nobody writes to a repository that is not his own. */
  private async write(
    viewer: Viewer,
    repo: string,
    writes: PreparedWrite[],
    conditions: ConstructorParameters<typeof WriteRecords>[2],
  ): Promise<WrittenRecords> {
    if (repo !== viewer.did && (await this.queries.didOf(repo)) !== viewer.did)
      throw unauthorized(`Not your repository: ${repo}`)
    return this.commands.execute(new WriteRecords(viewer.did, writes, conditions))
  }
}

const ACTIONS = {
  'com.atproto.repo.applyWrites#create': 'create',
  'com.atproto.repo.applyWrites#update': 'update',
  'com.atproto.repo.applyWrites#delete': 'delete',
} as const
const RESULTS = {
  create: 'com.atproto.repo.applyWrites#createResult',
  update: 'com.atproto.repo.applyWrites#updateResult',
} as const

function writtenRecord(
  did: Did,
  { path, cid, validationStatus }: PreparedWrite,
): { uri: string; cid: string; validationStatus?: Exclude<ValidationStatus, undefined> } {
  return { uri: `at://${did}/${path}`, cid: cid!.toString(), ...(validationStatus && { validationStatus }) }
}

/** The queries of com.atproto.repo. What is taken down is there for the operator and for moderators alone. */
@Controller()
@UseGuards(MaybeModeratorGuard)
export class RepoReadController {
  constructor(
    private readonly queries: RepoQueries,
    private readonly dids: DidResolver,
  ) {}

  @XrpcQuery('com.atproto.repo.getRecord')
  async getRecord(
    @Params() params: XrpcMethods['com.atproto.repo.getRecord']['params'],
    @Req() { isAdmin }: AuthenticatedRequest,
  ): Promise<Out<'com.atproto.repo.getRecord'>> {
    const did = await this.queries.didOf(params.repo)
    const record = await this.queries.record(did, `${params.collection}/${params.rkey}`, isAdmin)
    if (!record || (params.cid !== undefined && params.cid !== record.cid.toString()))
      throw new XrpcError(
        HttpStatus.BAD_REQUEST,
        'RecordNotFound',
        `Could not locate record: at://${did}/${params.collection}/${params.rkey}`,
      )
    return recordView(did, record)
  }

  @XrpcQuery('com.atproto.repo.listRecords')
  async listRecords(
    @Params() params: XrpcMethods['com.atproto.repo.listRecords']['params'],
    @Req() { isAdmin }: AuthenticatedRequest,
  ): Promise<Out<'com.atproto.repo.listRecords'>> {
    const { limit = 50, cursor, reverse = false } = params
    const { did, tree } = await this.queries.available(await this.queries.didOf(params.repo), undefined, isAdmin)
    const collection = parseNsid(params.collection)
    // Greatest key first; `reverse` turns that round. The cursor is the last key of the page before.
    const range = reverse ? { after: cursor } : { before: cursor }
    const rows = await this.queries.records(tree, {
      ...{ collection, ...range, limit: limit + 1, ascending: reverse },
      ...(!isAdmin && { shownOf: did }),
    })
    const page = rows.slice(0, limit)
    const records = page.map(
      (record) => recordView(did, record) as { uri: string; cid: string; value: Record<string, unknown> },
    )
    return rows.length > limit ? { cursor: rkeyOf(page.at(-1)!), records } : { records }
  }

  @XrpcQuery('com.atproto.repo.describeRepo')
  async describeRepo(
    @Params() params: XrpcMethods['com.atproto.repo.describeRepo']['params'],
    @Req() { isAdmin }: AuthenticatedRequest,
  ): Promise<Out<'com.atproto.repo.describeRepo'>> {
    const { did, tree } = await this.queries.available(await this.queries.didOf(params.repo), undefined, isAdmin)
    const didDoc = await this.dids.resolve(did)
    const handle = didDoc ? handleOf(didDoc) : null
    const handleIsCorrect = handle !== null && (await this.queries.handleMeans(handle, did))
    return {
      handle: handle ?? 'handle.invalid',
      did,
      didDoc: (didDoc ?? {}) as Record<string, unknown>,
      collections: await this.queries.collections(tree),
      handleIsCorrect,
    }
  }
}

function recordView(did: Did, { path, cid, bytes }: StoredRecord): Out<'com.atproto.repo.getRecord'> {
  return {
    uri: `at://${did}/${path}`,
    cid: cid.toString(),
    value: dataToJson(decodeCbor(bytes)) as Record<string, unknown>,
  }
}

function rkeyOf({ path }: StoredRecord): string {
  return path.slice(path.indexOf('/') + 1)
}
