import { ReadableStream as WebStream } from 'node:stream/web'
import { Decrypter, Encrypter } from 'age-encryption'
import type { BackupIdentity } from './backup-identity.js'
import { BackupProblem, BackupTarget, OtherKind, type TargetObject } from './backup-target.js'
import { isSealed } from './target-kind.js'

/** Bytes that are encrypted at once; other work waits for so long. What age encrypts as one. */
const PIECE_BYTES = 64 * 1024
/** What age adds to each of these. */
const TAG_BYTES = 16
/** More than the head of a file has, whoever else it is encrypted for. */
const MAX_HEAD_BYTES = 1024 * 1024

/**
 * Another target, with the bytes of every object encrypted as a file of age (age-encryption.org/v1), which the program of that
 * name opens too. Names stay as they are. What was changed cannot be read; that an object is the one of its name is for whoever
 * reads it to see, by hashes and by what it says of itself.
 */
export class SealedTarget extends BackupTarget {
  readonly name: string
  override readonly isSealed = true
  private readonly encrypter = new Encrypter()
  private readonly decrypter = new Decrypter()

  constructor(
    private readonly inner: BackupTarget,
    { identity, recipient }: BackupIdentity,
  ) {
    super()
    this.name = inner.name
    this.encrypter.addRecipient(recipient)
    this.decrypter.addIdentity(identity)
    // Asked after the other one has found nothing.
    this.decrypter.addIdentity({ unwrapFileKey: () => Promise.reject(new NotForUs()) })
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.inner.put(name, await gather(this.seal([bytes])))
  }

  async putNew(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.inner.putNew(name, await gather(this.seal([bytes])))
  }

  putStream(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    return this.inner.putStream(name, this.seal(source))
  }

  storedAt(name: string): Promise<number | null> {
    return this.inner.storedAt(name)
  }

  async get(name: string, maxBytes: number): Promise<Buffer | null> {
    const tags = Math.max(Math.ceil(maxBytes / PIECE_BYTES), 1) * TAG_BYTES
    const sealed = await this.inner.get(name, MAX_HEAD_BYTES + maxBytes + tags)
    if (!sealed) return null
    const bytes = await gather(this.unseal(name, [sealed]))
    if (bytes.length > maxBytes)
      throw new BackupProblem(`${name} is larger than such a thing can be: ${bytes.length} bytes`)
    return bytes
  }

  async open(name: string): Promise<AsyncIterable<Uint8Array> | null> {
    const sealed = await this.inner.open(name)
    return sealed && this.unseal(name, sealed)
  }

  list(folder: string): AsyncIterable<TargetObject> {
    return this.inner.list(folder)
  }

  delete(name: string): Promise<void> {
    return this.inner.delete(name)
  }

  sweep(): Promise<void> {
    return this.inner.sweep()
  }

  close(): void {
    this.inner.close()
  }

  private async *seal(source: Pieces): AsyncGenerator<Uint8Array> {
    const pieces = inPieces(source)
    await turn()
    try {
      yield* piecesOf(await this.encrypter.encrypt(streamOf(pieces)))
    } finally {
      // Lets go of the source, also where it was not read to its end.
      await pieces.return(undefined)
    }
  }

  /** @throws OtherKind for what is not encrypted, or not for us; BackupProblem for what is damaged; what `source` throws */
  private async *unseal(name: string, source: Pieces): AsyncGenerator<Uint8Array> {
    const read = new SealedSource(source)
    await turn()
    try {
      const bytes = await this.decrypter.decrypt(streamOf(read.pieces()))
      read.isOpen = true
      yield* piecesOf(bytes)
    } catch (error) {
      if (read.error !== undefined) throw read.error
      if (error instanceof NotForUs) throw new OtherKind(`${name} is encrypted for another identity`)
      if (!isSealed(read.beginning)) throw new OtherKind(`${name} is not encrypted`)
      throw new BackupProblem(`${name} is damaged: it cannot be decrypted`)
    } finally {
      await read.close()
    }
  }
}

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

class NotForUs extends Error {}

/** What is decrypted: how it begins, and why it could not be read any further. */
class SealedSource {
  beginning: Buffer = Buffer.alloc(0)
  error: unknown
  /** Whether its head was read. */
  isOpen = false
  private readonly source: AsyncGenerator<Uint8Array>

  constructor(source: Pieces) {
    this.source = inPieces(source)
  }

  /** Whoever reads a head takes in whatever comes, so one that does not end is cut off. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    let bytes = 0
    try {
      for await (const piece of this.source) {
        if (!isSealed(this.beginning)) this.beginning = Buffer.concat([this.beginning, piece.subarray(0, 64)])
        if (!this.isOpen && (bytes += piece.length) > MAX_HEAD_BYTES) return
        yield piece
      }
    } catch (error) {
      this.error = error
      throw error
    }
  }

  /** Lets go of the source, as above. */
  async close(): Promise<void> {
    await this.source.return(undefined)
  }
}

/** Bytes a little at a time, each when it is their turn. */
async function* inPieces(source: Pieces): AsyncGenerator<Uint8Array> {
  for await (const bytes of source)
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      await turn()
      yield bytes.subarray(at, at + PIECE_BYTES)
    }
}

let last: Promise<void> = Promise.resolve()

/** Everything is encrypted in the thread that serves: a piece of one object at a time, with room for other work between. */
function turn(): Promise<void> {
  return (last = last.then(() => new Promise(setImmediate)))
}

/** What the library takes and gives is described in the words of browsers, and is what Node calls the same. */
function streamOf(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return WebStream.from(pieces) as ReadableStream<Uint8Array>
}

function piecesOf(stream: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  return stream as WebStream<Uint8Array>
}

async function gather(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces)
}
