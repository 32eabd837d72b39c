import { Controller, UseGuards } from '@nestjs/common'
import { Cid, type Did, splitAtUri } from '../../repo-engine/index.js'
import { ActionLog } from '../audit/action-log.js'
import { ModeratorGuard } from '../auth/moderator.guard.js'
import { Actor } from '../auth/viewer.js'
import { CommitLog } from '../commit-log/commit-log.js'
import { Database, type Tx } from '../database/database.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { activateRepo, setOwnStatus } from '../repo/repo-status.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, Params, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import {
  blobSubject,
  isRepoSubject,
  recordSubject,
  recordUri,
  repoSubject,
  type Subject,
  takedownKeyOf,
} from './subject.js'
import { Takedowns } from './takedowns.js'

type Get = XrpcMethods['com.atproto.admin.getSubjectStatus']
type Update = XrpcMethods['com.atproto.admin.updateSubjectStatus']

/** What moderators take down and show again, and accounts that they deactivate: com.atproto.admin. */
@Controller()
@UseGuards(ModeratorGuard)
export class SubjectStatusController {
  constructor(
    private readonly database: Database,
    private readonly takedowns: Takedowns,
    private readonly commits: CommitLog,
    private readonly actions: ActionLog,
  ) {}

  /** Answers when it holds everywhere: for logins, for what is served, in every view, and on the firehose. */
  @XrpcProcedure('com.atproto.admin.updateSubjectStatus')
  async updateSubjectStatus(
    @Input() { subject, takedown, deactivated }: Update['input'],
    @Actor() actor: string,
  ): Promise<Update['output']> {
    const key = takedownKeyOf(subject)
    if (deactivated && !isRepoSubject(subject)) throw invalidRequest('Only accounts can be deactivated')
    if (takedown || deactivated)
      await this.database.write(async (tx) => {
        if (takedown) {
          await this.takedowns.set(tx, key, takedown)
          const action = takedown.applied ? 'takedown' : 'reverse-takedown'
          await this.actions.note(tx, { actor, action, subject: key, reason: takedown.ref })
        }
        if (!deactivated) return
        await this.setDeactivated(tx, key as Did, deactivated.applied)
        const action = deactivated.applied ? 'deactivate' : 'activate'
        await this.actions.note(tx, { actor, action, subject: key, reason: deactivated.ref })
      })
    return { subject, ...(takedown && { takedown }) }
  }

  @XrpcQuery('com.atproto.admin.getSubjectStatus')
  async getSubjectStatus(@Params() { did, uri, blob }: Get['params']): Promise<Get['output']> {
    if (blob !== undefined) {
      if (did === undefined) throw invalidRequest('Must provide a did to request blob state')
      return this.statusOf(blobSubject(did, blob))
    }
    if (uri !== undefined) return this.recordStatus(recordUri(uri))
    if (did === undefined) throw invalidRequest('No provided subject')
    return this.accountStatus(did)
  }

  /** @throws XrpcError 400 InvalidRequest for an account that does not live here: it is its host that says so */
  private async setDeactivated(tx: Tx, did: Did, applied: boolean): Promise<void> {
    if (applied) await setOwnStatus(tx, this.commits, did, 'hosted', 'deactivated')
    else await this.activate(tx, did)
    const account = await tx.get(
      "SELECT 1 FROM repo WHERE did = ? AND hosting = 'hosted' AND (status IS NULL OR status <> 'deleted')",
      did,
    )
    if (!account) throw invalidRequest(`There is no account ${did} here to be deactivated`)
    this.takedowns.changed(tx, did)
  }

  /** Tells the log of the head as well, which nobody may have heard of. A deletion that its owner has planned is off. */
  private async activate(tx: Tx, did: Did): Promise<void> {
    await tx.run('DELETE FROM planned_deletion WHERE did = ?', did)
    const inactive = await tx.get("SELECT 1 FROM repo WHERE did = ? AND status = 'deactivated'", did)
    const events = inactive ? await activateRepo(tx, did) : null
    if (events) await this.commits.append(tx, events)
    // What is taken down stays so, and is active when it is shown again.
    else await setOwnStatus(tx, this.commits, did, 'hosted', null)
  }

  private async statusOf(subject: Subject): Promise<Get['output']> {
    return { subject, takedown: await this.takedowns.status(takedownKeyOf(subject)) }
  }

  private async accountStatus(did: string): Promise<Get['output']> {
    const status = await this.statusOf(repoSubject(did))
    const repo = await this.database.read.get<{ own_status: string | null }>(
      "SELECT own_status FROM repo WHERE did = ? AND (status IS NULL OR status <> 'deleted')",
      did,
    )
    if (repo) return { ...status, deactivated: { applied: repo.own_status === 'deactivated' } }
    if (!status.takedown?.applied) throw notFound()
    return status
  }

  /** @throws XrpcError 400 NotFound for a record that is not here */
  private async recordStatus(uri: string): Promise<Get['output']> {
    const { authority, collection, rkey } = splitAtUri(uri)
    const row = await this.database.read.get<{ cid: Buffer }>(
      'SELECT cid FROM record WHERE tree = (SELECT tree FROM repo WHERE did = ?) AND path = ?',
      authority,
      `${collection}/${rkey}`,
    )
    if (!row) throw notFound()
    return this.statusOf(recordSubject(uri, Cid.fromBytes(row.cid).toString()))
  }
}

function notFound(): Error {
  return invalidRequest('Subject not found', 'NotFound')
}
