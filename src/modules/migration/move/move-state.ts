import { existsSync, readFileSync, rmSync } from 'node:fs'
import { writePrivateFile } from '../../config/private-file.js'
import type { Tokens } from './remote-server.js'

/** How far a move has come. What is null is not known or not done yet. */
export interface MoveState {
  version: 1
  /** Origins of the two servers; `old` and `next` are the sessions on them. */
  from: string
  to: string
  /** What was asked for: a handle, an email address or a DID. */
  identifier: string
  /** Where the account is, which may be another address than the one that signs it in. */
  host: string | null
  did: string | null
  handle: string | null
  email: string | null
  newHandle: string | null
  /** Of the account there. Kept until the end, so that what was cut off can sign in. */
  newPassword: string | null
  old: Tokens | null
  next: Tokens | null
  /** The rev that has been imported. */
  rev: string | null
  /** Blobs that the old server does not have. */
  lost: string[]
  blobs: number
  preferences: boolean
  /** The old server has asked for a second factor, and may have mailed a code. */
  factorRequested: boolean
  /** The code for the identity has been asked for by mail. */
  codeRequested: boolean
  moved: boolean
  /** Something was written on the old server after the last import, before it was told to rest. */
  late: boolean
  activated: boolean
  deactivated: boolean
}

/** A move that has not begun. */
export function newMove(from: string, to: string, identifier: string): MoveState {
  return {
    version: 1,
    ...{ from, to, identifier },
    ...{ host: null, did: null, handle: null, email: null, newHandle: null, newPassword: null, old: null, next: null },
    ...{ rev: null, lost: [], blobs: 0, preferences: false },
    ...{
      factorRequested: false,
      codeRequested: false,
      moved: false,
      late: false,
      activated: false,
      deactivated: false,
    },
  }
}

/** The file in which a move is kept from one run to the next. It holds tokens: nobody else may read it. */
export class MoveFile {
  constructor(readonly path: string) {}

  /** One name, so that what a crash leaves of it goes with the next write. */
  private get temporary(): string {
    return `${this.path}.new`
  }

  /** The move that is kept, null for none. @throws Error when the file is something else */
  read(): MoveState | null {
    if (!existsSync(this.path)) return null
    try {
      const state = JSON.parse(readFileSync(this.path, 'utf8')) as MoveState
      if (state.version === 1) return state
    } catch {
      // Said below.
    }
    throw new Error(`${this.path} does not hold a move: take it away, and the move begins anew`)
  }

  /** On disk when this returns. */
  write(state: MoveState): void {
    writePrivateFile(this.path, state, this.temporary)
  }

  remove(): void {
    rmSync(this.path, { force: true })
    rmSync(this.temporary, { force: true })
  }
}
