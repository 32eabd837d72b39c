import { Injectable } from '@nestjs/common'
import { Clock } from '../../config/clock.js'
import { Database } from '../../database/database.js'
import { byRank, type RankedActor } from '../ranking.js'
import { FOLLOW } from '../../lexicon/collections.js'

/** Of whom an actor follows, or of who follows it, so many are asked whom they follow … */
const MAX_ASKED = 500
/** … and so many answers are heard. */
const MAX_HEARD = 20_000
/** The best by what those say; the others are ranked by their followers alone. */
const MAX_RANKED = 500
/** How long the most followed of all stay those that they were. */
const MOST_FOLLOWED_MS = 10_000

/** One recommendation weighs more than any number of followers. */
const WEIGHT = 1_000_000_000

/**
 * Whom to follow, as far as it follows from who follows whom: those whom the neighbours follow, ranked by how many do,
 * then by their followers; behind them the most followed of all. What it costs is bounded, however large the graph.
 */
@Injectable()
export class ActorRanking {
  private mostFollowed: { ranked: RankedActor[]; at: number } | null = null

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Neighbours are those whom the actor follows, who are not ranked; for nobody, the most followed. */
  async forActor(did: string | null): Promise<RankedActor[]> {
    const all = await this.ofAll()
    if (did === null) return all
    const rows = await this.heard('SELECT subject FROM bsky_follow WHERE did = ? LIMIT ?', did)
    const followed = await this.followedBy(did)
    return join(rows, all).filter((actor) => actor.did !== did && !followed.has(actor.did))
  }

  /** Neighbours are the latest followers of the actor; empty when these follow nobody else. */
  async like(did: string): Promise<RankedActor[]> {
    const rows = await this.heard(
      `SELECT did AS subject FROM bsky_backlink WHERE target = ? AND path = '${FOLLOW}:subject'
       ORDER BY sort_at DESC, uri DESC LIMIT ?`,
      did,
    )
    return join(rows, []).filter((actor) => actor.did !== did)
  }

  /** The most followed of all who have anything here. */
  async ofAll(): Promise<RankedActor[]> {
    const now = this.clock.now()
    if (!this.mostFollowed || now - this.mostFollowed.at >= MOST_FOLLOWED_MS) {
      const rows = await this.database.read.all<Heard>(
        'SELECT did, 0 AS times, followers FROM bsky_actor_stat ORDER BY followers DESC, did DESC LIMIT ?',
        MAX_RANKED,
      )
      this.mostFollowed = { ranked: rows.map(rankedActor), at: now }
    }
    return this.mostFollowed.ranked
  }

  /** Whom an actor follows. */
  private async followedBy(did: string): Promise<Set<string>> {
    const rows = await this.database.read.all<{ subject: string }>('SELECT subject FROM bsky_follow WHERE did = ?', did)
    return new Set(rows.map(({ subject }) => subject))
  }

  private async heard(neighbours: string, did: string): Promise<Heard[]> {
    return this.database.read.all<Heard>(
      `SELECT subject AS did, times, coalesce((SELECT followers FROM bsky_actor_stat s WHERE s.did = subject), 0) AS followers
       FROM (SELECT subject, count(*) AS times
         FROM (SELECT f.subject FROM (${neighbours}) n CROSS JOIN bsky_follow f WHERE f.did = n.subject LIMIT ?) h
         GROUP BY subject ORDER BY times DESC, subject DESC LIMIT ?) t`,
      did,
      MAX_ASKED,
      MAX_HEARD,
      MAX_RANKED,
    )
  }
}

interface Heard {
  did: string
  /** How many neighbours follow it. */
  times: number
  followers: number
}

function rankedActor({ did, times, followers }: Heard): RankedActor {
  return { did, place: { at: times * WEIGHT + Math.min(followers, WEIGHT - 1), key: did } }
}

/** Both rankings as one, each actor once. */
function join(heard: readonly Heard[], all: readonly RankedActor[]): RankedActor[] {
  const ranked = heard.map(rankedActor)
  const dids = new Set(ranked.map(({ did }) => did))
  return [...ranked, ...all.filter(({ did }) => !dids.has(did))].sort(byRank)
}
