import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import type { Tx } from '../../database/database.js'
import { XrpcError } from '../../xrpc/xrpc-error.js'

const WINDOW_MS = 15 * 60 * 1000
const MAX_WRONG = 5

/** What is guessed: the second factor of a sign-in, or the password of somebody who is signed in already. */
export type GuessKind = 'factor' | 'password'

/** How often something of an account was guessed wrong: five times in 15 minutes, in whatever number of connections. */
@Injectable()
export class Guesses {
  constructor(private readonly clock: Clock) {}

  /**
   * Counts a guess as a wrong one, before it is looked at: those made at once are counted too. As the first statement of
   * the write that looks, which then commits either way. @throws XrpcError 429 RateLimitExceeded
   */
  async count(tx: Tx, did: Did, kind: GuessKind): Promise<void> {
    const now = this.clock.now()
    const isOver = 'wrong_guess.since NOT BETWEEN excluded.since - ? AND excluded.since'
    const counted = await tx.get<{ number: number; since: number }>(
      `INSERT INTO wrong_guess (did, kind, number, since) VALUES (?, ?, 1, ?)
       ON CONFLICT (did, kind) DO UPDATE SET
         number = CASE WHEN ${isOver} THEN 1 ELSE wrong_guess.number + 1 END,
         since = CASE WHEN ${isOver} THEN excluded.since ELSE wrong_guess.since END
       RETURNING number, since`,
      did,
      kind,
      now,
      WINDOW_MS - 1,
      WINDOW_MS - 1,
    )
    const { number, since } = counted!
    if (number <= MAX_WRONG) return
    const seconds = Math.ceil((since + WINDOW_MS - now) / 1000)
    throw new XrpcError(
      429,
      'RateLimitExceeded',
      `Too many wrong codes or passwords. Try again in ${seconds} seconds.`,
      {
        'retry-after': `${seconds}`,
      },
    )
  }

  /** It was right after all: the counting begins anew. */
  async forget(tx: Tx, did: Did, kind: GuessKind): Promise<void> {
    await tx.run('DELETE FROM wrong_guess WHERE did = ? AND kind = ?', did, kind)
  }

  /** Lets an account try again. */
  async forgetAll(tx: Tx, did: Did): Promise<void> {
    await tx.run('DELETE FROM wrong_guess WHERE did = ?', did)
  }
}
