import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did, Handle } from '../../../repo-engine/index.js'
import { Secrets } from '../../config/secrets.js'
import { Database } from '../../database/database.js'
import { isPlcDid } from '../../identity/plc/operation.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { IdentityChanges } from './identity-changes.js'
import { KeyRenewal } from './key-renewal.js'

export interface RotationWish {
  /** New keys for commits. */
  signing: boolean
  /** A new key of the server for the identities. */
  rotation: boolean
  /** Handle or DID; null: all accounts. */
  account: string | null
}

/** An account whose keys are as before, and why. */
export interface LeftOut {
  did: Did
  handle: Handle
  reason: string
}

export interface RotatedKeys {
  /** How many accounts have a new signing key; null where that was not asked for. */
  signing: number | null
  /** How many identities name the server's new rotation key; null where that was not asked for. */
  rotation: number | null
  /** Former rotation keys of the server that some identity may still need: asked again, it goes on. */
  formerKeys: number
  leftOut: LeftOut[]
}

/** Replaces keys. `onProgress` is told how many steps are done of how many. */
export class RotateKeys extends Command<RotatedKeys> {
  constructor(
    readonly wish: RotationWish,
    readonly onProgress: (done: number, total: number) => void = () => undefined,
  ) {
    super()
  }
}

/**
 * Signing keys are promised for all accounts first, so that the outbox goes on with them after a crash. The server's rotation
 * key is made durable first; then each identity is moved to it, and the former one is forgotten when none is left.
 */
@CommandHandler(RotateKeys)
export class RotateKeysHandler implements ICommandHandler<RotateKeys> {
  private isRunning = false

  constructor(
    private readonly database: Database,
    private readonly secrets: Secrets,
    private readonly renewal: KeyRenewal,
    private readonly changes: IdentityChanges,
  ) {}

  /**
   * @throws XrpcError 400 AccountNotFound, or while another rotation runs; ConfigError where the rotation key is given by
   * the environment; XrpcError 502 when the directory does not answer
   */
  async execute({ wish, onProgress }: RotateKeys): Promise<RotatedKeys> {
    if (this.isRunning) throw invalidRequest('Another rotation of keys is under way')
    this.isRunning = true
    try {
      return await this.rotate(wish, onProgress)
    } finally {
      this.isRunning = false
    }
  }

  private async rotate(
    { signing, rotation, account }: RotationWish,
    onProgress: (done: number, total: number) => void,
  ): Promise<RotatedKeys> {
    const accounts = await this.accounts(account)
    if (account !== null && accounts.length === 0)
      throw invalidRequest(`Could not find account: ${account}`, 'AccountNotFound')
    const total = accounts.length * (Number(signing) + Number(rotation))
    const leftOut: LeftOut[] = []
    const rotated: RotatedKeys = { signing: null, rotation: null, formerKeys: 0, leftOut }
    if (rotation && account === null && this.secrets.plcRotationKeys.length === 1) this.secrets.replacePlcRotationKey()
    if (rotation) {
      rotated.rotation = await this.moveAll(accounts, leftOut, (done) => onProgress(done, total))
      if (account === null) rotated.rotation += await this.moveNewcomers(accounts, leftOut)
      if (account === null && leftOut.length === 0) this.secrets.forgetFormerPlcRotationKeys()
    }
    if (signing) {
      const before = rotation ? accounts.length : 0
      rotated.signing = await this.renewal.renew(accounts, leftOut, (done) => onProgress(before + done, total))
    }
    return { ...rotated, formerKeys: this.secrets.plcRotationKeys.length - 1 }
  }

  private async moveAll(
    accounts: readonly Named[],
    leftOut: LeftOut[],
    onDone: (done: number) => void,
  ): Promise<number> {
    let moved = 0
    for (const [i, { did, handle }] of accounts.entries()) {
      try {
        if (isPlcDid(did) && (await this.changes.renewRotationKey(did, (finish) => this.database.write(finish))))
          moved++
      } catch (error) {
        if (!(error instanceof PlcError)) throw error
        leftOut.push({ did, handle, reason: error.message })
      }
      onDone(i + 1)
    }
    return moved
  }

  /** Accounts that were made with the former key while the others were moved. The write waits for those under way. */
  private async moveNewcomers(known: readonly Named[], leftOut: LeftOut[]): Promise<number> {
    const seen = new Set(known.map(({ did }) => did))
    let moved = 0
    for (;;) {
      await this.database.write(async (tx) => void (await tx.run('UPDATE account SET did = did WHERE 1 = 0')))
      const newcomers = (await this.accounts(null)).filter(({ did }) => !seen.has(did))
      if (newcomers.length === 0) return moved
      moved += await this.moveAll(newcomers, leftOut, () => undefined)
      for (const { did } of newcomers) seen.add(did)
    }
  }

  private async accounts(identifier: string | null): Promise<Named[]> {
    return this.database.read.all<Named>(
      `SELECT did, handle FROM account WHERE ? IS NULL OR did = ? OR handle = ? ORDER BY did`,
      identifier,
      identifier,
      identifier?.toLowerCase() ?? null,
    )
  }
}

interface Named {
  did: Did
  handle: Handle
}
