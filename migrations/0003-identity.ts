import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** The embedded PLC directory, and the signing keys of the accounts that live here. */
export class Identity1700000000003 implements MigrationInterface {
  name = 'Identity1700000000003'

  async up(runner: QueryRunner): Promise<void> {
    const { bytes, int, key, numberedKey } = dialectOf(runner)
    // Every operation ever accepted, in order. `operation` is its JSON text; `nullified` becomes 1 when a recovery
    // forked the log before it. A row is never deleted.
    await runner.query(`CREATE TABLE plc_operation (
      seq ${numberedKey},
      did ${key} NOT NULL,
      cid ${key} NOT NULL,
      operation TEXT NOT NULL,
      nullified ${int} NOT NULL,
      created_at ${key} NOT NULL
    )`)
    await runner.query('CREATE UNIQUE INDEX plc_operation_by_did ON plc_operation (did, cid)')
    await runner.query('CREATE INDEX plc_operation_by_time ON plc_operation (created_at)')
    // `sealed` is nonce (12) | AES-256-GCM ciphertext of the private key (32) | tag (16); `public_key` a did:key.
    await runner.query(`CREATE TABLE signing_key (
      did ${key} PRIMARY KEY,
      public_key TEXT NOT NULL,
      sealed ${bytes} NOT NULL
    )`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['signing_key', 'plc_operation']) await runner.query(`DROP TABLE ${table}`)
  }
}
