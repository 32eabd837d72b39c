/** A row of the table that a projection of records has for itself. */
export interface Row {
  uri: string
  cid: string
  [column: string]: unknown
}

/** Columns that hold JSON. */
const JSON_COLUMNS = ['json', 'links']

/** Adds every DID and at-uri that a record names, in its JSON form: the answers about these may now be others. */
export function collectNames(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') {
    if (value.startsWith('did:') || value.startsWith('at://')) into.add(value)
  } else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) collectNames(inner, into)
}

/** As {@link collectNames}, of a record that is no longer at hand, by the row that it has left. */
export function collectNamesOfRow({ did: _, ...row }: Row, into: Set<string>): void {
  collectNames(row, into)
  for (const column of JSON_COLUMNS) {
    const json = row[column]
    if (typeof json === 'string') collectNames(JSON.parse(json), into)
  }
}

/** Both keys under which an account is known to those who keep answers: what it is, and what it has written and reposted. */
export function namesOfAccount(did: string): [account: string, feed: string] {
  return [did, `${did}#feed`]
}

/** The one of them that a record at `path` has to do with: feeds change far more often than accounts. */
export function nameTouched(did: string, path: string): string {
  return namesOfAccount(did)[path.startsWith('app.bsky.feed.') ? 1 : 0]
}
