import { Controller, UseGuards } from '@nestjs/common'
import { Cid, splitAtUri } from '../../repo-engine/index.js'
import { AdminGuard } from '../auth/guards.js'
import { Database } from '../database/database.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, Params, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { blobSubject, recordSubject, recordUri, repoSubject, type Subject, takedownKeyOf } from './subject.js'
import { Takedowns } from './takedowns.js'

type Get = XrpcMethods['com.atproto.admin.getSubjectStatus']
type Update = XrpcMethods['com.atproto.admin.updateSubjectStatus']

/** What the operator takes down and shows again: com.atproto.admin. */
@Controller()
@UseGuards(AdminGuard)
export class SubjectStatusController {
  constructor(
    private readonly database: Database,
    private readonly takedowns: Takedowns,
  ) {}

  @XrpcProcedure('com.atproto.admin.updateSubjectStatus')
  async updateSubjectStatus(@Input() { subject, takedown, deactivated }: Update['input']): Promise<Update['output']> {
    if (deactivated) throw invalidRequest('Accounts are deactivated by their owners')
    const key = takedownKeyOf(subject)
    if (!takedown) return { subject }
    await this.database.write((tx) => this.takedowns.set(tx, key, takedown))
    return { subject, takedown }
  }

  @XrpcQuery('com.atproto.admin.getSubjectStatus')
  async getSubjectStatus(@Params() { did, uri, blob }: Get['params']): Promise<Get['output']> {
    if (blob !== undefined) {
      if (did === undefined) throw invalidRequest('Must provide a did to request blob state')
      return this.statusOf(blobSubject(did, blob))
    }
    if (uri !== undefined) return this.statusOf(recordSubject(uri, await this.cidOf(recordUri(uri))))
    if (did === undefined) throw invalidRequest('No provided subject')
    return this.accountStatus(did)
  }

  private async statusOf(subject: Subject): Promise<Get['output']> {
    return { subject, takedown: await this.takedowns.status(takedownKeyOf(subject)) }
  }

  private async accountStatus(did: string): Promise<Get['output']> {
    const status = await this.statusOf(repoSubject(did))
    const repo = await this.database.read.get<{ status: string | null }>('SELECT status FROM repo WHERE did = ?', did)
    if (repo) return { ...status, deactivated: { applied: repo.status === 'deactivated' } }
    if (!status.takedown?.applied) throw notFound()
    return status
  }

  private async cidOf(uri: string): Promise<string> {
    const { authority, collection, rkey } = splitAtUri(uri)
    const row = await this.database.read.get<{ cid: Buffer }>(
      'SELECT cid FROM record WHERE tree = (SELECT tree FROM repo WHERE did = ?) AND path = ?',
      authority,
      `${collection}/${rkey}`,
    )
    if (!row) throw notFound()
    return Cid.fromBytes(row.cid).toString()
  }
}

function notFound(): Error {
  return invalidRequest('Subject not found', 'NotFound')
}
