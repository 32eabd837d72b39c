import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { VERIFICATION } from '../../modules/lexicon/collections.js'
import type { AppBskyGraphVerification } from '../../modules/lexicon/types.js'
import type { Did } from '../../repo-engine/index.js'
import { collectionOf } from '../at-uri.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import { FOUND_BY_URI, type Notification, notify, withdraw } from '../derived/notifications.js'
import { type ActorProjection, type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

interface Verification {
  uri: string
  cid: string
  /** Who verifies. */
  did: Did
  subject: string
  sort_at: number
  indexed_at: number
}

/**
 * Who vouches for whom. Of several verifications of one subject by one issuer all are kept; the one with the least uri
 * alone is linked and told of.
 *
 * `unverified` outlives its record: it says that the last verification by an issuer was taken away, at that moment.
 * One that is replaced in the same event (by an edit, or by another record) was never away. It goes with the account of
 * either side, so nothing of it is told when a whole account is erased.
 */
@Injectable()
@Projection({
  name: 'verification',
  version: 1,
  collections: [VERIFICATION],
  tables: ['bsky_verification', 'bsky_notification', 'bsky_backlink'],
  history: [VERIFICATION],
})
export class VerificationProjection implements RecordProjection<AppBskyGraphVerification>, ActorProjection {
  async insert(record: IndexedRecord<AppBskyGraphVerification>, tx: Tx): Promise<void> {
    const { uri, cid, did, value, sortAt, indexedAt } = record
    const { subject, handle, displayName } = value
    const counted = await this.counted(did, subject, tx)
    await tx.run(
      `INSERT INTO bsky_verification (uri, cid, did, subject, handle, display_name, sort_at, indexed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      uri,
      cid,
      did,
      subject,
      handle,
      displayName,
      sortAt,
      indexedAt,
    )
    await tx.run(
      "DELETE FROM bsky_notification WHERE did = ? AND sort_at = ? AND reason = 'unverified' AND author = ?",
      subject,
      indexedAt,
      did,
    )
    if (counted && counted.uri < uri) return
    if (counted) await retract(counted, tx)
    await apply({ uri, cid, did, subject, sort_at: sortAt, indexed_at: indexedAt }, tx)
  }

  /** `at`: when the event that took it away was appended; none when the account is erased. */
  async remove(uri: string, tx: Tx, at?: number): Promise<void> {
    const gone = await tx.get<Verification>('SELECT * FROM bsky_verification WHERE uri = ?', uri)
    if (!gone) return
    const counted = await this.counted(gone.did, gone.subject, tx)
    await tx.run('DELETE FROM bsky_verification WHERE uri = ?', uri)
    if (counted?.uri !== uri) return
    await retract(gone, tx)
    const next = await this.counted(gone.did, gone.subject, tx)
    if (next) await apply(next, tx)
    else if (at !== undefined) await notify(tx, { ...toldOf(gone), reason: 'unverified', sortAt: at, indexedAt: at })
  }

  /** Nothing here follows from a handle: whether a verification still fits is for the reader to see. */
  async identity(): Promise<void> {}

  async account(did: Did, status: string | null, _indexedAt: number, tx: Tx): Promise<void> {
    if (status !== 'deleted') return
    await tx.run("DELETE FROM bsky_notification WHERE did = ? AND reason = 'unverified'", did)
    await tx.run(
      `DELETE FROM bsky_notification WHERE reason = 'unverified' AND ${FOUND_BY_URI} AND uri >= ? AND uri < ?`,
      ...urisBy(did),
    )
  }

  private async counted(did: Did, subject: string, tx: Tx): Promise<Verification | undefined> {
    return tx.get(
      'SELECT * FROM bsky_verification WHERE subject = ? AND uri >= ? AND uri < ? ORDER BY uri LIMIT 1',
      subject,
      ...urisBy(did),
    )
  }
}

/** The range of the uris of what is an issuer's: in an index by uri, or by subject and uri, it stands together. */
const urisBy = (did: Did): [from: string, to: string] => [`at://${did}/`, `at://${did}0`]

async function apply(verification: Verification, tx: Tx): Promise<void> {
  await addBacklinks(tx, sourceOf(verification), linksOf(verification))
  await notify(tx, toldOf(verification))
}

async function retract(verification: Verification, tx: Tx): Promise<void> {
  await removeBacklinks(tx, sourceOf(verification), linksOf(verification))
  await withdraw(tx, toldOf(verification))
}

function sourceOf({ uri, did, sort_at }: Verification): Parameters<typeof addBacklinks>[1] {
  return { uri, did, collection: collectionOf(uri), sortAt: sort_at }
}

const linksOf = ({ subject }: Verification): Link[] => [{ target: subject, path: 'subject' }]

function toldOf({ uri, cid, did, subject, sort_at, indexed_at }: Verification): Notification {
  return {
    did: subject,
    author: did,
    uri,
    cid,
    reason: 'verified',
    subject: null,
    sortAt: sort_at,
    indexedAt: indexed_at,
  }
}
