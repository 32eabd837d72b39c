import { Injectable } from '@nestjs/common'
import { Database } from '../database/database.js'
import { HeadMoved } from '../repo/repo-row.js'
import { statusOf } from './account-status.js'
import { CommitJudge } from './commit-judge.js'
import { EventBatch } from './event-batch.js'
import { ForeignAccounts } from './foreign-accounts.js'
import type { PeerAccount, PeerCommit, PeerEvent, PeerGap, PeerSync } from './peer-events.js'
import { PeerIntake } from './peer-intake.js'
import { type Peer, Peers } from './peers.js'

/** Events that are judged between two turns of other work. */
const JUDGED_AT_ONCE = 16
/** Events that are judged before they are written: those of one write share its COMMIT, and the pages that it writes. */
const WRITTEN_AT_ONCE = 128
/** Tries when a repository has moved on by another way meanwhile. */
const MAX_TRIES = 5

/** Makes what a followed host says true here, as far as it is true. */
@Injectable()
export class EventApplier {
  constructor(
    private readonly database: Database,
    private readonly peers: Peers,
    private readonly judge: CommitJudge,
    private readonly accounts: ForeignAccounts,
    private readonly intake: PeerIntake,
  ) {}

  /**
   * Applies events in their order, and moves the peer's position up to the last one, or `position` if nothing comes of that.
   * Nothing that a peer says makes this throw; a database that cannot be written to does, and so does `stop` when it aborts.
   */
  async apply(peer: Peer, events: readonly PeerEvent[], position: number, stop: AbortSignal): Promise<void> {
    let left = events
    for (let tries = 1; ; tries++) {
      const batch = new EventBatch(
        this.database,
        (tx, seq) => this.peers.move(tx, peer.id, seq),
        (tx, { did, bytes }) => this.intake.count(tx, peer, did, bytes),
      )
      try {
        for (const [i, event] of left.entries()) {
          stop.throwIfAborted()
          await this.take(peer, event, batch)
          if (i % WRITTEN_AT_ONCE === WRITTEN_AT_ONCE - 1) await batch.flush()
          if (i % JUDGED_AT_ONCE === JUDGED_AT_ONCE - 1) await new Promise(setImmediate)
        }
        batch.add(position, async () => undefined)
        return await batch.flush()
      } catch (error) {
        for (const { did } of left) {
          this.judge.forget(did)
          this.intake.forget(peer, did)
        }
        if (!(error instanceof HeadMoved) || tries >= MAX_TRIES) throw error
        left = left.filter(({ seq }) => seq > batch.written)
      }
    }
  }

  private async take(peer: Peer, event: PeerEvent, batch: EventBatch): Promise<void> {
    const { did, seq } = event
    const taken = await this.intake.of(peer, did)
    if (taken === null) return
    if (event.kind === 'account') return this.account(peer, event, batch)
    if (event.kind === 'identity') {
      // With its repository comes who it is.
      if (taken === 'new') return
      this.judge.forget(did)
      await batch.flush()
      const news = await this.accounts.lookUp(did)
      if (news) batch.add(seq, news)
      return
    }
    // What is to be fetched will be fetched as it is then. What could not be had may come by itself.
    if (taken === 'new' || taken === 'wanted') return this.want(peer, event, batch)
    await this.change(peer, event, batch, taken === 'failing')
  }

  private async change(
    peer: Peer,
    event: PeerCommit | PeerSync | PeerGap,
    batch: EventBatch,
    isFailing: boolean,
  ): Promise<void> {
    const { did, seq } = event
    if (event.kind === 'gap') return this.want(peer, event, batch)
    const room = await this.intake.room(peer)
    if (room !== null && room < event.blocks.length)
      return this.want(peer, event, batch, 'its quota of bytes is used up')
    const verdict =
      event.kind === 'sync' ? await this.judge.sync(event) : await this.judge.commit(event, () => batch.flush())
    switch (verdict.what) {
      case 'append':
        return batch.add(
          seq,
          async (tx) => {
            await verdict.write(tx)
            if (isFailing) await this.intake.settle(tx, did)
          },
          { did, bytes: event.blocks.length },
        )
      case 'gap':
        return this.want(peer, event, batch, verdict.why)
      case 'refuse':
        return batch.add(seq, (tx) => this.peers.fail(tx, peer.id, `event ${seq} of ${did}: ${verdict.why}`))
      case 'skip':
    }
  }

  private want(peer: Peer, { did, seq, rev }: PeerCommit | PeerSync | PeerGap, batch: EventBatch, why?: string): void {
    batch.add(seq, async (tx) => {
      await this.intake.want(tx, peer, did, rev)
      if (why !== undefined) await this.peers.fail(tx, peer.id, `event ${seq} of ${did}: ${why}`)
    })
  }

  /**
   * Only the host that an account lives on can say what has become of it; what others pass on is a reason to ask there.
   */
  private async account(peer: Peer, { did, seq, active, status: told }: PeerAccount, batch: EventBatch): Promise<void> {
    const status = await this.accounts.confirmed(peer, did, statusOf(active, told))
    if (status === undefined) return
    this.judge.forget(did)
    await batch.flush()
    if (status === 'deleted') return this.accounts.delete(did)
    batch.add(seq, async (tx) => {
      const isBack = (await this.accounts.setStatus(tx, did, status)) && status === null
      // Whatever has happened to it since is not here.
      if (isBack) await this.intake.want(tx, peer, did)
    })
  }
}
