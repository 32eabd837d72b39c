import { Injectable, Logger } from '@nestjs/common'
import { type Did, RepoError, verifySignature } from '../../repo-engine/index.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { signingKeyOf } from '../identity/did-document.js'
import { DidResolver } from '../identity/did-resolver.js'
import { readLabel, readLabelFrame, type ReceivedLabel, storedLabel } from './label-frames.js'
import type { NewLabel } from './label-row.js'
import { Labels } from './labels.js'

/** Labels of one write, and signatures that are looked at between two turns of other work. */
const BATCH = 250
const TURN = 16

/** The labeler says that it does not know our position: it has lost what it had. */
export class UnknownPosition extends Error {}
/** The labeler has ended the stream with an error. */
export class StreamRefused extends Error {}

/** How far a labeler is followed, and how its labels are to be judged on one connection. */
export interface Following {
  src: Did
  /** The newest number of which everything is stored. */
  position: number
  /** The key of its document was looked up anew. */
  asked: boolean
  /** Something of it was refused, which is said once a connection. */
  warned: boolean
}

/**
 * Takes in what labelers say: labels in their own name alone, signed by the key that their document names. Where it names
 * none, or cannot be had, the operator who has listed the labeler answers for it.
 */
@Injectable()
export class LabelIntake {
  private readonly logger = new Logger('Labels')

  constructor(
    private readonly database: Database,
    private readonly labels: Labels,
    private readonly dids: DidResolver,
    private readonly config: Config,
  ) {}

  /** Where a labeler at an address is to be followed from: 0 where it was never followed there. */
  async begin(src: Did, url: string): Promise<Following> {
    const row = await this.database.read.get<{ url: string; position: number }>(
      'SELECT url, position FROM label_source WHERE src = ?',
      src,
    )
    const position = row?.url === url ? row.position : await this.restart(src, url)
    return { src, position, asked: false, warned: false }
  }

  /** Has a labeler followed from its beginning. */
  async restart(src: Did, url: string): Promise<number> {
    await this.database.write(async (tx) => {
      await tx.run(
        `INSERT INTO label_source (src, url, position) VALUES (?, ?, 0)
         ON CONFLICT (src) DO UPDATE SET url = excluded.url, position = 0`,
        src,
        url,
      )
    })
    return 0
  }

  /** Takes in frames as they came. @throws UnknownPosition, StreamRefused for what the labeler says against it */
  async take(following: Following, frames: readonly Buffer[]): Promise<void> {
    let gathered: NewLabel[] = []
    let { position } = following
    for (const frame of frames) {
      const read = this.open(following, frame)
      if (read?.kind === 'info') this.logger.warn(`${following.src}: ${read.name}; labels may be missing`)
      if (read?.kind === 'error') {
        await this.store(following, gathered, position)
        throw read.error === 'FutureCursor' ? new UnknownPosition() : new StreamRefused(read.error)
      }
      // What came again is here already.
      if (read?.kind !== 'labels' || read.seq <= position) continue
      const received = read.labels.flatMap((value) => this.read(following, value) ?? [])
      for (const label of await this.trusted(following, received)) {
        gathered.push(label)
        if (gathered.length < BATCH) continue
        // In the middle of a frame: it comes again if nothing more of it does.
        await this.store(following, gathered, position)
        gathered = []
      }
      position = read.seq
    }
    await this.store(following, gathered, position)
  }

  private open(following: Following, frame: Buffer): ReturnType<typeof readLabelFrame> | null {
    return this.orRefused(following, () => readLabelFrame(frame))
  }

  private read(following: Following, value: Parameters<typeof readLabel>[0]): ReceivedLabel | null {
    return this.orRefused(following, () => readLabel(value, following.src))
  }

  private orRefused<T>(following: Following, read: () => T): T | null {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof RepoError)) throw error
      this.refused(following, error.message)
      return null
    }
  }

  /** Those that are signed as the labeler's document says; all of them where it says nothing. */
  private async trusted(following: Following, received: readonly ReceivedLabel[]): Promise<NewLabel[]> {
    const { src } = following
    let key = await this.keyOf(src, false)
    const taken: NewLabel[] = []
    for (const [i, label] of received.entries()) {
      if (i % TURN === TURN - 1) await new Promise(setImmediate)
      if (key !== null && !isSigned(label, key) && !following.asked) {
        following.asked = true
        key = await this.keyOf(src, true)
      }
      if (key === null || isSigned(label, key)) taken.push(storedLabel(label))
      else this.refused(following, 'a label whose signature is not by the key of its document')
    }
    return taken
  }

  /** The key of a labeler, by its document; null where that is not to be had, or has none. */
  private async keyOf(src: Did, fresh: boolean): Promise<string | null> {
    // Servers on localhost have one name: the document of another one under it is not to be had.
    if (src === this.config.serviceDid) return null
    const document = await this.dids.resolve(src, { fresh })
    return document && signingKeyOf(document, 'atproto_label')
  }

  /** The labels and the position that is reached with them, at once. */
  private async store(following: Following, labels: readonly NewLabel[], position: number): Promise<void> {
    if (labels.length === 0 && position === following.position) return
    await this.database.write(async (tx) => {
      await tx.run('UPDATE label_source SET position = ? WHERE src = ?', position, following.src)
      // A labeler says things in their order, whatever it says of the times.
      await this.labels.apply(tx, labels, { inOrder: true })
    })
    following.position = position
  }

  private refused(following: Following, why: string): void {
    if (!following.warned) this.logger.warn(`${following.src}: ${why}; such are left out`)
    following.warned = true
  }
}

function isSigned({ signed, sig }: ReceivedLabel, key: string): boolean {
  return sig !== null && verifySignature(key, signed, sig)
}
