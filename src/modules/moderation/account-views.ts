import { Injectable } from '@nestjs/common'
import { type InviteCodeView, InviteQueries } from '../account/invite-queries.js'
import { Database } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import type { ComAtprotoAdminDefsAccountView } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

type AccountView = ComAtprotoAdminDefsAccountView

interface Row {
  did: string
  handle: string
  email: string
  email_confirmed_at: string | null
  created_at: string
  invites_disabled: number
  deactivated_at: string | null
}

export interface AccountSearch {
  /** A part of an email address, a handle or a DID, in any case; null: all accounts. */
  text: string | null
  limit: number
  cursor?: string
}

/**
 * An account that is still coming to be has no repository, and is not there. When it was deactivated, its last events say:
 * one that is deactivated writes nothing.
 */
const SELECT = `SELECT a.did, a.handle, a.email, a.email_confirmed_at, a.created_at, a.invites_disabled,
    CASE WHEN r.own_status = 'deactivated' THEN
      (SELECT max(time) FROM (SELECT time, kind FROM commit_log WHERE did = a.did ORDER BY seq DESC LIMIT 20) AS newest
       WHERE kind = 'account') END AS deactivated_at
  FROM account a JOIN repo r ON r.did = a.did AND r.hosting = 'hosted' AND coalesce(r.status, '') <> 'deleted'`

/** Accounts of this server as moderators see them: com.atproto.admin.defs#accountView. */
@Injectable()
export class AccountViews {
  constructor(
    private readonly database: Database,
    private readonly invites: InviteQueries,
  ) {}

  /** Those of some DIDs that are accounts here, of whatever status, in their order. */
  async of(dids: readonly string[]): Promise<AccountView[]> {
    const rows = await readIn<Row>(this.database.read, (marks) => `${SELECT} WHERE a.did IN (${marks})`, dids)
    const views = new Map((await this.views(rows)).map((view) => [view.did, view]))
    return [...new Set(dids)].flatMap((did) => views.get(did) ?? [])
  }

  /** The accounts in which a text stands, in the order of their creation. @throws XrpcError 400 InvalidRequest for a malformed cursor */
  async search({ text, limit, cursor }: AccountSearch): Promise<{ accounts: AccountView[]; cursor?: string }> {
    const [createdAt, did] = placeOf(cursor)
    const found =
      text === null ? '' : `AND (a.email LIKE ? ESCAPE '\\' OR a.handle LIKE ? ESCAPE '\\' OR a.did LIKE ? ESCAPE '\\')`
    const pattern = `%${(text ?? '').toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
    const rows = await this.database.read.all<Row>(
      `${SELECT} WHERE (a.created_at, a.did) > (?, ?) ${found} ORDER BY a.created_at, a.did LIMIT ?`,
      createdAt,
      did,
      ...(text === null ? [] : [pattern, pattern, pattern]),
      limit + 1,
    )
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      accounts: await this.views(page),
      ...(rows.length > limit && last && { cursor: `${last.created_at}::${last.did}` }),
    }
  }

  /** With the codes that they have given to others, and those that they have come by. */
  private async views(rows: readonly Row[]): Promise<AccountView[]> {
    const dids = rows.map(({ did }) => did)
    const codes = await this.invites.ofAccounts(dids)
    const invitedBy = await this.invites.invitedBy(dids)
    const notes = await this.inviteNotes(dids)
    return rows.map(({ did, handle, email, email_confirmed_at, created_at, invites_disabled, deactivated_at }) => {
      const by = invitedBy.get(did)
      return {
        ...{ did, handle, email, indexedAt: created_at },
        ...(email_confirmed_at !== null && { emailConfirmedAt: email_confirmed_at }),
        ...(by && { invitedBy: inviteView(by) }),
        invites: codes.filter(({ forAccount }) => forAccount === did).map(inviteView),
        invitesDisabled: invites_disabled === 1,
        ...(notes.has(did) && { inviteNote: notes.get(did) }),
        ...(deactivated_at !== null && { deactivatedAt: deactivated_at }),
      }
    })
  }

  /** Why the invites of some accounts were last disabled, or enabled again. */
  private async inviteNotes(dids: readonly string[]): Promise<Map<string, string>> {
    const rows = await readIn<{ subject: string; reason: string | null }>(
      this.database.read,
      (marks) => `SELECT subject, reason FROM action
        WHERE subject IN (${marks}) AND action IN ('disable-account-invites', 'enable-account-invites') ORDER BY id`,
      dids,
    )
    const last = new Map(rows.map(({ subject, reason }) => [subject, reason]))
    return new Map([...last].flatMap(([did, note]) => (note === null ? [] : [[did, note] as const])))
  }
}

/** Without what no lexicon knows. */
function inviteView({ used: _, ...view }: InviteCodeView): Omit<InviteCodeView, 'used'> {
  return view
}

function placeOf(cursor: string | undefined): [createdAt: string, did: string] {
  if (!cursor) return ['', '']
  const [createdAt, did, ...rest] = cursor.split('::')
  if (!createdAt || !did || rest.length > 0) throw invalidRequest('Malformed cursor')
  return [createdAt, did]
}
