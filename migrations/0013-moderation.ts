import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** What moderators work with: labels with their signatures and sources, reports, and the log of what was done. */
export class Moderation1700000000013 implements MigrationInterface {
  name = 'Moderation1700000000013'

  async up(runner: QueryRunner): Promise<void> {
    const { bytes, int, key, numberedKey, clustered } = dialectOf(runner)
    // sig: by the label key of its source. seq: of labels that are issued here, where they stand in the stream of them.
    await runner.query(`ALTER TABLE label ADD COLUMN sig ${bytes}`)
    await runner.query(`ALTER TABLE label ADD COLUMN seq ${int}`)
    await runner.query('CREATE UNIQUE INDEX label_by_seq ON label (seq) WHERE seq IS NOT NULL')
    // The labelers that are subscribed to: where each was, and the newest number of its stream that is stored.
    await runner.query(
      `CREATE TABLE label_source (src ${key} PRIMARY KEY, url TEXT NOT NULL, position ${int} NOT NULL) ${clustered}`,
    )

    // Accounts are listed in the order in which they came.
    await runner.query('CREATE INDEX account_by_time ON account (created_at, did)')

    // What accounts have reported. subject: a DID, an at-uri, or `did/cid` for a blob, of the account `did`; ref: the same as it
    // was named, JSON, as mod_tool is. Times are milliseconds; resolved_at null: open.
    await runner.query(`CREATE TABLE report (
      id ${numberedKey},
      reason_type TEXT NOT NULL,
      reason TEXT,
      did ${key} NOT NULL,
      subject ${key} NOT NULL,
      ref TEXT NOT NULL,
      mod_tool TEXT,
      reported_by ${key} NOT NULL,
      created_at ${int} NOT NULL,
      resolved_at ${int},
      resolved_by TEXT,
      note TEXT
    )`)
    await runner.query('CREATE INDEX report_open ON report (id) WHERE resolved_at IS NULL')
    await runner.query('CREATE INDEX report_by_account ON report (did)')
    await runner.query('CREATE INDEX report_by_reporter ON report (reported_by, created_at)')

    // Who has done what as the operator or a moderator, and why. actor: `admin`, `cli`, or a DID. at: milliseconds.
    await runner.query(`CREATE TABLE action (
      id ${numberedKey},
      at ${int} NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      subject ${key} NOT NULL,
      reason TEXT
    )`)
    await runner.query('CREATE INDEX action_by_subject ON action (subject, id)')
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['action', 'report', 'label_source']) await runner.query(`DROP TABLE ${table}`)
    await runner.query('DROP INDEX account_by_time')
    await runner.query('DROP INDEX label_by_seq')
    await runner.query('ALTER TABLE label DROP COLUMN seq')
    await runner.query('ALTER TABLE label DROP COLUMN sig')
  }
}
