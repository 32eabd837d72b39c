import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'

/** A code as com.atproto.server.defs#inviteCode has it. Times are RFC 3339. */
export interface InviteCodeView {
  code: string
  /** How many may come by it. */
  available: number
  disabled: boolean
  forAccount: string
  createdBy: string
  createdAt: string
  /** Who has, and is still here: newest first. */
  uses: { usedBy: string; usedAt: string }[]
  /** How many have, also those who are not here any more; in no lexicon. */
  used: number
}

type Row = Omit<InviteCodeView, 'disabled' | 'uses'> & { disabled: number }

const COLUMNS = `code, available, used, disabled, for_account AS forAccount, created_by AS createdBy,
  created_at AS createdAt`

/** Which column pages of codes are in the order of. */
const SORTS: Readonly<Record<string, 'created_at' | 'used'>> = { recent: 'created_at', usage: 'used' }

/** What is known of invite codes. */
@Injectable()
export class InviteQueries {
  constructor(private readonly database: Database) {}

  /** The codes that some accounts were given or have made, oldest first. */
  async ofAccounts(dids: readonly string[]): Promise<InviteCodeView[]> {
    const rows = await readIn<Row>(
      this.database.read,
      (marks) => `SELECT ${COLUMNS} FROM invite_code WHERE for_account IN (${marks}) ORDER BY created_at, code`,
      dids,
    )
    return this.withUses(rows)
  }

  /** By which codes some accounts have come; nothing for those who came without. */
  async invitedBy(dids: readonly string[]): Promise<Map<string, InviteCodeView>> {
    const uses = await readIn<{ usedBy: string; code: string }>(
      this.database.read,
      (marks) => `SELECT used_by AS usedBy, code FROM invite_code_use WHERE used_by IN (${marks})`,
      dids,
    )
    const rows = await readIn<Row>(
      this.database.read,
      (marks) => `SELECT ${COLUMNS} FROM invite_code WHERE code IN (${marks})`,
      [...new Set(uses.map(({ code }) => code))],
    )
    const codes = new Map((await this.withUses(rows)).map((view) => [view.code, view]))
    return new Map(uses.flatMap(({ usedBy, code }) => (codes.has(code) ? [[usedBy, codes.get(code)!] as const] : [])))
  }

  /**
   * All codes, page by page: the newest, or the most used, first. The cursor is the last one's place.
   * @throws XrpcError 400 InvalidRequest for another `sort`, or a cursor of nowhere.
   */
  async page(
    sort: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<{ codes: InviteCodeView[]; cursor?: string }> {
    const column = Object.hasOwn(SORTS, sort) ? SORTS[sort]! : undefined
    if (!column) throw invalidRequest(`unknown sort method: ${sort.slice(0, 80)}`)
    const after = cursor === undefined ? null : readCursor(cursor, column)
    const rows = await this.database.read.all<Row>(
      `SELECT ${COLUMNS} FROM invite_code ${after ? `WHERE (${column}, code) < (?, ?)` : ''}
       ORDER BY ${column} DESC, code DESC LIMIT ?`,
      ...(after ?? []),
      limit + 1,
    )
    const codes = await this.withUses(rows.slice(0, limit))
    const last = codes.at(-1)
    if (!last || rows.length <= limit) return { codes }
    return { codes, cursor: `${column === 'used' ? last.used : Date.parse(last.createdAt)}::${last.code}` }
  }

  private async withUses(rows: readonly Row[]): Promise<InviteCodeView[]> {
    const uses = await readIn<{ code: string; usedBy: string; usedAt: string }>(
      this.database.read,
      (marks) =>
        `SELECT code, used_by AS usedBy, used_at AS usedAt FROM invite_code_use
         WHERE code IN (${marks}) ORDER BY used_at DESC, used_by`,
      rows.map(({ code }) => code),
    )
    const byCode = new Map(rows.map(({ code }) => [code, [] as InviteCodeView['uses']]))
    for (const { code, usedBy, usedAt } of uses) byCode.get(code)?.push({ usedBy, usedAt })
    return rows.map(({ disabled, ...row }) => ({ ...row, disabled: disabled === 1, uses: byCode.get(row.code)! }))
  }
}

/** `number::code`: times as milliseconds. */
function readCursor(cursor: string, column: 'created_at' | 'used'): [number | string, string] {
  const [, number, code] = /^(\d{1,15})::(.{1,320})$/.exec(cursor) ?? []
  const value = Number(number)
  if (code === undefined || (column === 'created_at' && value > 8.64e15)) throw invalidRequest('Malformed cursor')
  return [column === 'used' ? value : new Date(value).toISOString(), code]
}
