import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** Repositories that live on other servers and are kept here, and the servers that they are had from or sent to. */
export class Replication1700000000007 implements MigrationInterface {
  name = 'Replication1700000000007'

  async up(runner: QueryRunner): Promise<void> {
    const { int, key, numberedKey, clustered } = dialectOf(runner)
    // 1: of an account that was hosted here when it happened; the firehose carries those. 0: of one that lives elsewhere. -1:
    // of one that is not active here yet, which is told to nobody.
    await runner.query(`ALTER TABLE commit_log ADD COLUMN hosted ${int} NOT NULL DEFAULT 1`)
    await runner.query(
      "UPDATE commit_log SET hosted = 0 WHERE did IN (SELECT did FROM repo WHERE hosting = 'archived')",
    )
    await runner.query('CREATE INDEX commit_log_hosted ON commit_log (seq) WHERE hosted = 1')
    await runner.query("CREATE INDEX repo_hosted ON repo (id) WHERE hosting = 'hosted'")

    // Other servers. url: origin, without a slash at its end. direction: pull (followed from here), push (sent to from
    // here), accept (may push to here). repos: all, listed (peer_repo), followed (whoever is followed by an account here).
    // relay: 1 when it passes on what other hosts say. position: pull, the newest event of theirs that is applied or noted;
    // push, the newest of ours that they have. scanned: 1 when their list of repositories was looked through. max_rate:
    // events a second. last_error and error_at (milliseconds): what went wrong last.
    await runner.query(`CREATE TABLE peer (
      id ${numberedKey},
      url ${key} NOT NULL,
      direction ${key} NOT NULL,
      repos TEXT NOT NULL,
      relay ${int} NOT NULL,
      max_accounts ${int},
      max_bytes ${int},
      max_rate ${int},
      position ${int},
      scanned ${int} NOT NULL DEFAULT 0,
      last_error TEXT,
      error_at ${int}
    )`)
    await runner.query('CREATE UNIQUE INDEX peer_by_url ON peer (url, direction)')
    await runner.query(
      `CREATE TABLE peer_repo (peer ${int} NOT NULL, did ${key} NOT NULL, PRIMARY KEY (peer, did)) ${clustered}`,
    )

    // The repositories that a peer keeps up to date here. state: current, or wanted: to be fetched from due_at
    // (milliseconds) on, because something of it is missing. noted_rev: the newest rev that was heard of meanwhile.
    // bytes: taken in so far, counted against the peer's quota. handle: as the log says it.
    await runner.query(`CREATE TABLE mirror (
      did ${key} PRIMARY KEY,
      peer ${int} NOT NULL,
      state TEXT NOT NULL,
      noted_rev TEXT,
      handle ${key},
      bytes ${int} NOT NULL,
      attempts ${int} NOT NULL,
      due_at ${int} NOT NULL,
      last_error TEXT
    )`)
    await runner.query('CREATE INDEX mirror_by_peer ON mirror (peer)')
    await runner.query('CREATE INDEX mirror_by_handle ON mirror (handle)')
    await runner.query("CREATE INDEX mirror_due ON mirror (due_at) WHERE state = 'wanted'")
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['mirror', 'peer_repo', 'peer']) await runner.query(`DROP TABLE ${table}`)
    await runner.query('DROP INDEX repo_hosted')
    await runner.query('DROP INDEX commit_log_hosted')
    await runner.query('ALTER TABLE commit_log DROP COLUMN hosted')
  }
}
