/** An object of a target. */
export interface TargetObject {
  name: string
  /** When it was put there, milliseconds since the epoch by the clock of whoever keeps it. */
  storedAt: number
}

/**
 * Where backups are kept: objects by names such as `chunks/ab/ab12…`. An object is whole or not there, and durable when the
 * call that puts it resolves.
 */
export abstract class BackupTarget {
  /** As it was written on the command line, for people to read. */
  abstract readonly name: string

  /** Whether what is stored is encrypted; what goes in and comes out is not. */
  readonly isSealed: boolean = false

  /** Puts an object in place, over one of the same name. */
  abstract put(name: string, bytes: Uint8Array): Promise<void>

  /** Puts an object in place unless there is one, and tells whether it did; two who do it at once are not both told so. */
  abstract putNew(name: string, bytes: Uint8Array): Promise<boolean>

  /** As {@link put}, for what is too large for memory. Nothing of it is there when `source` throws. */
  abstract putStream(name: string, source: AsyncIterable<Uint8Array>): Promise<void>

  /** As {@link TargetObject.storedAt}; null where there is no such object. */
  abstract storedAt(name: string): Promise<number | null>

  /** An object; null where there is none. @throws Error for one of more than `maxBytes` */
  abstract get(name: string, maxBytes: number): Promise<Buffer | null>

  /** As {@link get}, piece by piece. */
  abstract open(name: string): Promise<AsyncIterable<Uint8Array> | null>

  /** All objects whose names begin with a folder, such as `chunks/`, ordered by name. */
  abstract list(folder: string): AsyncIterable<TargetObject>

  /** Deletes an object, if it is there. */
  abstract delete(name: string): Promise<void>

  /** Deletes what runs that were cut off have left half written, a day later. */
  abstract sweep(): Promise<void>

  /** Nothing is done after it. */
  abstract close(): void
}

/** A target, or what is kept there, is not what it has to be: damaged, foreign, or in use. */
export class BackupProblem extends Error {}

/** An object is encrypted where none is, or is not, or is for somebody else. */
export class OtherKind extends BackupProblem {}

/** How old something half written is that no run still goes on with. */
export const ABANDONED_MS = 24 * 60 * 60 * 1000

/** Names that objects have: nothing in them leads anywhere else. */
const NAME = /^[a-z0-9][a-z0-9-]*(\/[a-zA-Z0-9][a-zA-Z0-9-]*)*(\.json)?$/

/** @throws Error for a name that no object has */
export function assertName(name: string): void {
  if (name.length > 200 || !NAME.test(name)) throw new Error(`not the name of an object: ${JSON.stringify(name)}`)
}
