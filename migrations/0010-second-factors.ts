import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** What a sign-in needs besides the password. */
export class SecondFactors1700000000010 implements MigrationInterface {
  name = 'SecondFactors1700000000010'

  async up(runner: QueryRunner): Promise<void> {
    const { bytes, int, key } = dialectOf(runner)
    // Since when codes by mail are asked for, RFC 3339. It sleeps while the address is not confirmed.
    await runner.query('ALTER TABLE account ADD COLUMN email_factor_at TEXT')
    // confirmed_at is milliseconds, null until a first code was right; last_step is the newest time step that was used.
    await runner.query(`CREATE TABLE totp (
      did ${key} PRIMARY KEY,
      sealed ${bytes} NOT NULL,
      confirmed_at ${int},
      last_step ${int} NOT NULL
    )`)
    await runner.query(`CREATE TABLE backup_code (
      did ${key} NOT NULL,
      hash ${key} NOT NULL,
      PRIMARY KEY (did, hash)
    )`)
    // How often something of one kind was guessed wrong in the window that began at `since` (milliseconds).
    await runner.query(`CREATE TABLE wrong_guess (
      did ${key} NOT NULL,
      kind ${key} NOT NULL,
      number ${int} NOT NULL,
      since ${int} NOT NULL,
      PRIMARY KEY (did, kind)
    )`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['wrong_guess', 'backup_code', 'totp']) await runner.query(`DROP TABLE ${table}`)
    await runner.query('ALTER TABLE account DROP COLUMN email_factor_at')
  }
}
