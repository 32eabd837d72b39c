import type { FrameRun } from '../commit-log/frame-run.js'
import type { Batch } from './log-tail.js'
import { writeHead } from './web-socket-frame.js'

/** A run of events as the firehose sends it: the log's own frames, one behind another, each a WebSocket message. */
export class FrameBatch implements Batch {
  private constructor(
    readonly last: number,
    /** False where it lacks what there was once. */
    readonly isWhole: boolean,
    private readonly seqs: readonly number[],
    /** Where each event begins. */
    private readonly starts: readonly number[],
    private readonly bytes: Buffer,
  ) {}

  /** `run` is all that goes out up to the position `last`; its bytes are written to. */
  static of(last: number, { frames, bytes, isWhole }: FrameRun): FrameBatch {
    const starts: number[] = []
    let at = 0
    for (const { size } of frames) {
      starts.push(at)
      at = writeHead(bytes, at, 'binary', size) + size
    }
    return new FrameBatch(
      last,
      isWhole,
      frames.map(({ seq }) => seq),
      starts,
      bytes,
    )
  }

  get events(): number {
    return this.seqs.length
  }

  get size(): number {
    return this.bytes.length
  }

  /** What of it comes after a position. */
  after(position: number): Buffer {
    const first = this.seqs.findIndex((seq) => seq > position)
    return first === 0 ? this.bytes : this.bytes.subarray(this.starts[first] ?? this.bytes.length)
  }
}
