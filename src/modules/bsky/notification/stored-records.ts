import { Injectable } from '@nestjs/common'
import { Cid, dataToJson, decodeCbor } from '../../../repo-engine/index.js'
import { Database, type SqlValue } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import { didOf } from '../../../projections/at-uri.js'

/** A record as its repository has it, in its JSON form. */
export interface StoredRecord {
  uri: string
  cid: string
  value: Record<string, unknown>
}

/** Statements are prepared for lists of these lengths alone. */
const LENGTHS = [1, 8, 32, 64, 128]

/** Reads records of whatever collection, as they stand in their repositories, many at a time. */
@Injectable()
export class StoredRecords {
  constructor(private readonly database: Database) {}

  /** The records under some at-uris of DIDs. Those of repositories that are not active are not there. */
  async of(uris: readonly string[]): Promise<Map<string, StoredRecord>> {
    const trees = await this.treesOf(uris)
    const wanted = new Map<string, string>()
    for (const uri of uris) {
      const did = didOf(uri)
      const tree = did === null ? undefined : trees.get(did)
      if (tree !== undefined) wanted.set(`${tree} ${uri.slice(`at://${did}/`.length)}`, uri)
    }
    const records = new Map<string, StoredRecord>()
    const keys = [...wanted.keys()]
    for (let at = 0; at < keys.length; at += LENGTHS.at(-1)!)
      for (const { tree, path, cid, bytes } of await this.rows(keys.slice(at, at + LENGTHS.at(-1)!))) {
        const uri = wanted.get(`${tree} ${path}`)!
        const value = dataToJson(decodeCbor(bytes)) as Record<string, unknown>
        records.set(uri, { uri, cid: Cid.fromBytes(cid).toString(), value })
      }
    return records
  }

  private async treesOf(uris: readonly string[]): Promise<Map<string, number>> {
    const dids = [...new Set(uris.flatMap((uri) => didOf(uri) ?? []))]
    const rows = await readIn<{ did: string; tree: number }>(
      this.database.read,
      (marks) => `SELECT did, tree FROM repo WHERE status IS NULL AND did IN (${marks})`,
      dids,
    )
    return new Map(rows.map(({ did, tree }) => [did, tree]))
  }

  /** `keys`: tree, space, path. */
  private async rows(keys: readonly string[]): Promise<{ tree: number; path: string; cid: Buffer; bytes: Buffer }[]> {
    const length = LENGTHS.find((length) => length >= keys.length)!
    const values: SqlValue[] = []
    for (let i = 0; i < length; i++) {
      const key = keys[Math.min(i, keys.length - 1)]!
      const space = key.indexOf(' ')
      values.push(Number(key.slice(0, space)), key.slice(space + 1))
    }
    return this.database.read.all(
      `SELECT tree, path, cid, bytes FROM record WHERE (tree, path) IN (VALUES ${Array(length).fill('(?,?)').join(',')})`,
      ...values,
    )
  }
}
