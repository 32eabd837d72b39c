import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import {
  CHAT_DECLARATION,
  GERM_DECLARATION,
  LABELER,
  NOTIFICATION_DECLARATION,
  PROFILE,
  STATUS,
} from '../../lexicon/collections.js'
import type { AppBskyActorProfile, AppBskyActorStatus, ComAtprotoLabelDefsLabel } from '../../lexicon/types.js'
import { Labels } from '../../moderation/labels.js'
import { Takedowns } from '../../moderation/takedowns.js'
import { Freshness, ReadCache } from './read-cache.js'

/** A record as a projection holds it. */
export interface Held<Value> {
  uri: string
  cid: string
  value: Value
  sortAt: number
  indexedAt: number
}

/** What is known of an actor, whoever looks. */
export interface Actor {
  did: Did
  /** `handle.invalid` when it has none that holds. */
  handle: string
  /** Of the account: null is active. */
  status: string | null
  takenDown: boolean
  profile: Held<AppBskyActorProfile> | null
  live: Held<AppBskyActorStatus> | null
  isLabeler: boolean
  /** Declarations by collection. */
  declarations: ReadonlyMap<string, Record<string, unknown>>
  verifications: readonly Verification[]
  /** On the account or its profile, by whomever; self-labels not among them. */
  labels: readonly ComAtprotoLabelDefsLabel[]
}

/** Somebody vouches for an actor under the handle and the name that it had. */
export interface Verification {
  uri: string
  issuer: Did
  handle: string
  displayName: string
  createdAt: number
}

interface HeldRow {
  uri: string
  cid: string
  did: Did
  json: string
  sort_at: number
  indexed_at: number
}

const MAX_KEPT = 10_000

/** Reads what actors are, many at a time. */
@Injectable()
export class Actors {
  private readonly kept: ReadCache<Actor>

  constructor(
    private readonly database: Database,
    private readonly labels: Labels,
    private readonly takedowns: Takedowns,
    freshness: Freshness,
  ) {
    this.kept = new ReadCache(MAX_KEPT, freshness)
  }

  /** Adds the actors of the DIDs, as far as they are known here, whatever their status. */
  async fill(into: Map<string, Actor>, dids: Iterable<string>): Promise<void> {
    await this.kept.fill(into, dids, (missing) => this.read(missing))
  }

  /** The DID of a handle or a DID, whether anything is known of it or not; null for a handle that nobody has. */
  async didOf(actor: string): Promise<Did | null> {
    if (actor.startsWith('did:')) return actor as Did
    const row = await this.database.read.get<{ did: Did }>(
      'SELECT did FROM bsky_actor WHERE handle = ?',
      actor.toLowerCase(),
    )
    return row?.did ?? null
  }

  private async read(dids: string[]): Promise<Iterable<[string, Actor]>> {
    const { read } = this.database
    const rows = await readIn<{ did: Did; handle: string | null; status: string | null }>(
      read,
      (marks) => `SELECT did, handle, status FROM bsky_actor WHERE did IN (${marks})`,
      dids,
    )
    const known = rows.map(({ did }) => did)
    const profiles = await this.held('bsky_profile', known, `${PROFILE}/self`)
    const statuses = await this.held('bsky_status', known, `${STATUS}/self`)
    const labelers = await this.held('bsky_labeler', known, `${LABELER}/self`)
    const declarations = await readIn<HeldRow & { collection: string }>(
      read,
      (marks) => `SELECT * FROM bsky_declaration WHERE uri IN (${marks})`,
      known.flatMap((did) => DECLARATIONS.map((collection) => `at://${did}/${collection}/self`)),
    )
    const verifications = await readIn<{
      uri: string
      did: Did
      subject: string
      handle: string
      display_name: string
      sort_at: number
    }>(
      read,
      (marks) =>
        `SELECT uri, did, subject, handle, display_name, sort_at FROM bsky_verification WHERE subject IN (${marks})`,
      known,
    )
    const uris = known.map((did) => `at://${did}/app.bsky.actor.profile/self`)
    const labels = await this.labels.of([...known, ...uris], null)
    const takenDown = await this.takedowns.of([
      ...known,
      ...[...profiles.values(), ...statuses.values(), ...labelers.values()].map(({ uri }) => uri),
    ])
    const shown = <Value>(record: Held<unknown> | undefined): Held<Value> | null =>
      record && !takenDown.has(record.uri) ? (record as Held<Value>) : null
    const actors = new Map<string, Actor>()
    for (const { did, handle, status } of rows)
      actors.set(did, {
        did,
        handle: handle ?? 'handle.invalid',
        status,
        takenDown: takenDown.has(did),
        profile: shown<AppBskyActorProfile>(profiles.get(did)),
        live: shown<AppBskyActorStatus>(statuses.get(did)),
        isLabeler: shown(labelers.get(did)) !== null,
        declarations: new Map(
          declarations
            .filter((row) => row.did === did)
            .map(({ collection, json }) => [collection, JSON.parse(json) as Record<string, unknown>]),
        ),
        verifications: verifications
          .filter(({ subject }) => subject === did)
          .map((row) => ({
            uri: row.uri,
            issuer: row.did,
            handle: row.handle,
            displayName: row.display_name,
            createdAt: row.sort_at,
          })),
        labels: [...(labels.get(did) ?? []), ...(labels.get(`at://${did}/app.bsky.actor.profile/self`) ?? [])],
      })
    return actors
  }

  private async held(table: string, dids: string[], path: string): Promise<Map<string, Held<unknown>>> {
    const rows = await readIn<HeldRow>(
      this.database.read,
      (marks) => `SELECT uri, cid, did, json, sort_at, indexed_at FROM ${table} WHERE uri IN (${marks})`,
      dids.map((did) => `at://${did}/${path}`),
    )
    return new Map(rows.map((row) => [row.did, held(row)]))
  }
}

const DECLARATIONS = [NOTIFICATION_DECLARATION, CHAT_DECLARATION, GERM_DECLARATION]

/** A row of a projection that keeps the record's JSON. */
export function held<Value>({ uri, cid, json, sort_at, indexed_at }: Omit<HeldRow, 'did'>): Held<Value> {
  return { uri, cid, value: JSON.parse(json) as Value, sortAt: sort_at, indexedAt: indexed_at }
}
