import type { Tx } from '../../modules/database/database.js'
import type { IndexedRecord } from '../projection.js'

/** Something that a record points at, and the path in it that does so: `subject.uri`. */
export interface Link {
  /** An at-uri or a DID. */
  target: string
  path: string
}

type Source = Pick<IndexedRecord, 'uri' | 'did' | 'collection' | 'sortAt'>

/** Files a record under everything that it points at. The same link twice is one. */
export async function addBacklinks(
  tx: Tx,
  { uri, did, collection, sortAt }: Source,
  links: Iterable<Link>,
): Promise<void> {
  for (const { target, path } of links)
    await tx.run(
      'INSERT INTO bsky_backlink (target, path, sort_at, uri, did) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      target,
      `${collection}:${path}`,
      sortAt,
      uri,
      did,
    )
}

/** Takes back what {@link addBacklinks} has filed, given the same. */
export async function removeBacklinks(
  tx: Tx,
  { uri, collection, sortAt }: Omit<Source, 'did'>,
  links: Iterable<Link>,
): Promise<void> {
  for (const { target, path } of links)
    await tx.run(
      'DELETE FROM bsky_backlink WHERE target = ? AND path = ? AND sort_at = ? AND uri = ?',
      target,
      `${collection}:${path}`,
      sortAt,
      uri,
    )
}

/** Whether anything points at `target`. False for nearly everything that has just been made. */
export async function hasBacklinks(tx: Tx, target: string): Promise<boolean> {
  return (await tx.get('SELECT 1 FROM bsky_backlink WHERE target = ? LIMIT 1', target)) !== undefined
}
