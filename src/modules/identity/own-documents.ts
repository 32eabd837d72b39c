import { Inject, Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Database, type Tx } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import type { DidDocument } from './did-document.js'
import { formatDocument } from './plc/document.js'
import { ServerAddress } from './server-address.js'
import { serviceDomainOf } from './service-handles.js'

const PREFIX = 'did:web:'

/**
 * The did:web documents that this host serves: its own, and those of accounts whose DID is a name under its domains
 * (`did:web:alice.example.com`). An account's follows from its rows, so it never lags behind them.
 */
@Injectable()
export class OwnDocuments {
  constructor(
    @Inject(Database) private readonly database: Pick<Database, 'read'>,
    private readonly address: ServerAddress,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** The document of a DID that this host speaks for; null where its account is gone, undefined for every other DID. */
  async find(did: string): Promise<DidDocument | null | undefined> {
    if (!did.startsWith(PREFIX)) return undefined
    if (did === this.config.serviceDid) return this.address.document()
    const row = await this.database.read.get<{ handle: string | null; public_key: string | null }>(
      `SELECT a.handle, k.public_key FROM web_identity w
       LEFT JOIN account a ON a.did = w.did LEFT JOIN signing_key k ON k.did = w.did WHERE w.did = ?`,
      did,
    )
    if (!row?.handle || !row.public_key) return row && null
    return formatDocument({
      did,
      rotationKeys: [],
      verificationMethods: { atproto: row.public_key },
      alsoKnownAs: [`at://${row.handle}`],
      services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: this.address.url } },
    })
  }

  /** What is served as did.json for a Host: an account's document, null for a name of which there is none, else the server's. */
  async ofHost(host: string): Promise<DidDocument | null> {
    const name = host.toLowerCase()
    if (name === this.config.hostname || serviceDomainOf(name, this.config.handleDomains) === null)
      return this.address.document()
    return (await this.find(`${PREFIX}${name}`)) ?? null
  }

  /** The name that a DID has under the domains of this server, where its document could be served from here; else null. */
  nameOf(did: string): string | null {
    const name = did.slice(PREFIX.length)
    if (!did.startsWith(PREFIX) || name === this.config.hostname) return null
    return name === name.toLowerCase() && serviceDomainOf(name, this.config.handleDomains) ? name : null
  }

  /** Begins to speak for a DID. @throws XrpcError 400 HandleNotAvailable where an account has ever had it. */
  async claim(tx: Tx, did: Did): Promise<void> {
    const claimed = await tx.run(
      'INSERT INTO web_identity (did, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING',
      did,
      this.clock.now(),
    )
    // Whoever follows the old account would follow the new one.
    if (claimed === 0) throw invalidRequest(`${did} has had an account before`, 'HandleNotAvailable')
  }
}
