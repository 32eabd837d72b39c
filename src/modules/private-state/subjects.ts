import { Injectable } from '@nestjs/common'
import { type AtUri, type Did, formatAtUri, isDid, splitAtUri } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

/** What an account points at, in the one form in which it is stored: DIDs, and at-uris of DIDs. */
@Injectable()
export class Subjects {
  constructor(private readonly database: Database) {}

  /** The account of a DID, or of a handle that is known here. @throws XrpcError 400 InvalidRequest. */
  async actor(identifier: string): Promise<Did> {
    if (isDid(identifier)) return identifier
    const row = await this.database.read.get<{ did: Did }>(
      'SELECT did FROM bsky_actor WHERE handle = ? ORDER BY indexed_at DESC LIMIT 1',
      identifier.toLowerCase(),
    )
    if (!row) throw invalidRequest(`Actor not found: ${identifier}`)
    return row.did
  }

  /** The record that an at-uri names, of that collection. @throws XrpcError 400 InvalidRequest, or `error` for another collection. */
  async record(uri: string, collection: string, error?: string): Promise<AtUri> {
    const parts = splitAtUri(uri)
    if (parts.collection !== collection || parts.rkey === undefined)
      throw invalidRequest(`Invalid collection: expected ${collection}`, error)
    return formatAtUri(await this.actor(parts.authority), parts.collection, parts.rkey)
  }
}
