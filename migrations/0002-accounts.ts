import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** Accounts, their sessions, and the work that is owed to the world outside. */
export class Accounts1700000000002 implements MigrationInterface {
  name = 'Accounts1700000000002'

  async up(runner: QueryRunner): Promise<void> {
    const { int, key, numberedKey } = dialectOf(runner)
    // Who may sign in. Whether the account is active stands on its repo row; without one it is still being created.
    await runner.query(`CREATE TABLE account (
      did ${key} PRIMARY KEY,
      handle ${key} NOT NULL UNIQUE,
      email ${key} NOT NULL UNIQUE,
      email_confirmed_at TEXT,
      password TEXT NOT NULL,
      created_at TEXT NOT NULL
    )`)
    // Every handle that an account has, or is taking while an outside PLC directory is being asked.
    await runner.query(`CREATE TABLE handle_claim (
      handle ${key} PRIMARY KEY,
      did ${key} NOT NULL
    )`)
    await runner.query('CREATE INDEX handle_claim_by_did ON handle_claim (did)')
    // One row a sign-in. Access tokens name it and die with it.
    await runner.query(`CREATE TABLE session (
      id ${key} PRIMARY KEY,
      did ${key} NOT NULL,
      scope TEXT NOT NULL,
      created_at TEXT NOT NULL
    )`)
    await runner.query('CREATE INDEX session_by_did ON session (did)')
    // The refresh tokens of a session; each but the last has its successor in next_id. Times are milliseconds.
    await runner.query(`CREATE TABLE refresh_token (
      id ${key} PRIMARY KEY,
      session ${key} NOT NULL,
      expires_at ${int} NOT NULL,
      next_id ${key}
    )`)
    await runner.query('CREATE INDEX refresh_token_by_session ON refresh_token (session)')
    await runner.query('CREATE INDEX refresh_token_by_expiry ON refresh_token (expires_at)')
    // Work on the world outside that a committed write has promised; payload is JSON, due_at milliseconds.
    await runner.query(`CREATE TABLE outbox (
      id ${numberedKey},
      kind TEXT NOT NULL,
      payload TEXT NOT NULL,
      attempts ${int} NOT NULL,
      due_at ${int} NOT NULL,
      last_error TEXT
    )`)
    await runner.query('CREATE INDEX outbox_by_due ON outbox (due_at)')
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['outbox', 'refresh_token', 'session', 'handle_claim', 'account'])
      await runner.query(`DROP TABLE ${table}`)
  }
}
