import { Injectable } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Actors, type Actor } from '../hydrate/actors.js'
import { type Relationship, Relationships } from '../hydrate/relationships.js'

type Output = XrpcMethods['app.bsky.graph.getRelationships']['output']

/** The records in which a relationship shows to everybody, as app.bsky.graph.defs#relationship has them. */
const PUBLIC = ['following', 'followedBy', 'blocking', 'blockedBy', 'blockingByList', 'blockedByList'] as const

/** How an actor and others stand to each other, for anybody to see: nothing of what either keeps to itself. */
@Injectable()
export class PublicRelationships {
  constructor(
    private readonly actors: Actors,
    private readonly relationships: Relationships,
  ) {}

  /** One line for each of `others`, handles or DIDs; those of whom nothing is known here are not found. */
  async read(actor: string, others: readonly string[]): Promise<Output> {
    const did = await this.actors.didOf(actor)
    if (did === null) return { relationships: others.map(notFound) }
    const dids = new Map<string, string>()
    for (const other of others) {
      const found = await this.actors.didOf(other)
      if (found) dids.set(other, found)
    }
    const known = new Map<string, Actor>()
    const found = new Map<string, Relationship>()
    await this.actors.fill(known, dids.values())
    await this.relationships.fill(found, did, dids.values())
    const relationships = others.map((other) => {
      const to = dids.get(other)
      const records = to === undefined ? [] : shown(found.get(to))
      return to !== undefined && (known.has(to) || records.length > 0)
        ? { $type: 'app.bsky.graph.defs#relationship' as const, did: to, ...Object.fromEntries(records) }
        : notFound(other)
    })
    return { actor: did, relationships }
  }
}

function shown(relationship: Relationship | undefined): [string, string][] {
  return PUBLIC.flatMap((name) => {
    const uri = relationship?.[name]
    return uri ? [[name, uri]] : []
  })
}

const notFound = (actor: string): Output['relationships'][number] => ({
  $type: 'app.bsky.graph.defs#notFoundActor',
  actor,
  notFound: true,
})
