import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** What an account says of its own status, apart from what the operator does; and the codes that are sent by mail. */
export class StatusAndCodes1700000000008 implements MigrationInterface {
  name = 'StatusAndCodes1700000000008'

  async up(runner: QueryRunner): Promise<void> {
    const { int, key } = dialectOf(runner)
    // By the owner, or by the host of a mirrored account; null: active. `status` follows from it and from the takedowns.
    await runner.query('ALTER TABLE repo ADD COLUMN own_status TEXT')
    await runner.query(
      `UPDATE repo SET own_status = status
       WHERE status <> 'takendown' OR NOT EXISTS (SELECT 1 FROM takedown WHERE subject = repo.did)`,
    )
    // One living code an account and purpose; created_at is milliseconds.
    await runner.query(`CREATE TABLE email_code (
      did ${key} NOT NULL,
      purpose ${key} NOT NULL,
      code ${key} NOT NULL,
      created_at ${int} NOT NULL,
      PRIMARY KEY (did, purpose)
    )`)
    await runner.query('CREATE UNIQUE INDEX email_code_by_code ON email_code (purpose, code)')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE email_code')
    await runner.query('ALTER TABLE repo DROP COLUMN own_status')
  }
}
