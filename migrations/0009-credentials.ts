import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** App passwords, what tells one session from another, and invite codes. */
export class Credentials1700000000009 implements MigrationInterface {
  name = 'Credentials1700000000009'

  async up(runner: QueryRunner): Promise<void> {
    const { bytes, int, key } = dialectOf(runner)
    // `hash` is HMAC-SHA-256 of the password under the DID; with 80 random bits in it, it need not be slow.
    await runner.query(`CREATE TABLE app_password (
      did ${key} NOT NULL,
      name ${key} NOT NULL,
      hash ${bytes} NOT NULL,
      privileged ${int} NOT NULL,
      created_at TEXT NOT NULL,
      PRIMARY KEY (did, name)
    )`)
    await runner.query('CREATE UNIQUE INDEX app_password_by_hash ON app_password (did, hash)')
    // The name of the app password that opened it; null: the account's own password.
    await runner.query(`ALTER TABLE session ADD COLUMN app_password ${key}`)
    await runner.query('ALTER TABLE session ADD COLUMN user_agent TEXT')
    await runner.query('ALTER TABLE session ADD COLUMN address TEXT')
    await runner.query('ALTER TABLE session ADD COLUMN refreshed_at TEXT')
    // Such an account makes no codes that work.
    await runner.query(`ALTER TABLE account ADD COLUMN invites_disabled ${int} NOT NULL DEFAULT 0`)
    // `for_account` and `created_by` are DIDs, or `admin`. `used` counts sign-ups, also those of accounts that are gone.
    await runner.query(`CREATE TABLE invite_code (
      code ${key} PRIMARY KEY,
      available ${int} NOT NULL,
      used ${int} NOT NULL DEFAULT 0,
      disabled ${int} NOT NULL,
      for_account ${key} NOT NULL,
      created_by ${key} NOT NULL,
      created_at TEXT NOT NULL
    )`)
    await runner.query('CREATE INDEX invite_code_by_account ON invite_code (for_account)')
    await runner.query('CREATE INDEX invite_code_by_time ON invite_code (created_at, code)')
    await runner.query('CREATE INDEX invite_code_by_use ON invite_code (used, code)')
    // Who came by a code: one at most for each account.
    await runner.query(`CREATE TABLE invite_code_use (
      used_by ${key} PRIMARY KEY,
      code ${key} NOT NULL,
      used_at TEXT NOT NULL
    )`)
    await runner.query('CREATE INDEX invite_code_use_by_code ON invite_code_use (code)')
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['invite_code_use', 'invite_code', 'app_password']) await runner.query(`DROP TABLE ${table}`)
    await runner.query('ALTER TABLE account DROP COLUMN invites_disabled')
    for (const column of ['refreshed_at', 'address', 'user_agent', 'app_password'])
      await runner.query(`ALTER TABLE session DROP COLUMN ${column}`)
  }
}
