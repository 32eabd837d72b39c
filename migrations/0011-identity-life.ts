import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** Keys that are on their way in or out, identities that this host speaks for, and ends that are set for later. */
export class IdentityLife1700000000011 implements MigrationInterface {
  name = 'IdentityLife1700000000011'

  async up(runner: QueryRunner): Promise<void> {
    const { bytes, int, key } = dialectOf(runner)
    // Given out before there is an account: `sealed` as in signing_key; asked_by is a network, created_at milliseconds.
    await runner.query(`CREATE TABLE reserved_key (
      public_key ${key} PRIMARY KEY,
      did ${key} UNIQUE,
      sealed ${bytes} NOT NULL,
      asked_by ${key} NOT NULL,
      created_at ${int} NOT NULL
    )`)
    await runner.query('CREATE INDEX reserved_key_by_time ON reserved_key (created_at)')
    // What an account signs with as soon as its identity says so.
    await runner.query(`CREATE TABLE next_signing_key (
      did ${key} PRIMARY KEY,
      public_key TEXT NOT NULL,
      sealed ${bytes} NOT NULL
    )`)
    // What it signed with in the log up to that number, so that it can still be verified.
    await runner.query(`CREATE TABLE retired_key (
      did ${key} NOT NULL,
      until_seq ${int} NOT NULL,
      public_key TEXT NOT NULL,
      PRIMARY KEY (did, until_seq)
    )`)
    // Deactivated accounts whose owners have said when they may be deleted; milliseconds.
    await runner.query(`CREATE TABLE planned_deletion (
      did ${key} PRIMARY KEY,
      due_at ${int} NOT NULL
    )`)
    await runner.query('CREATE INDEX planned_deletion_by_due ON planned_deletion (due_at)')
    // Every did:web that this host has ever served a document for. A row outlives its account: nobody else gets the DID.
    await runner.query(`CREATE TABLE web_identity (
      did ${key} PRIMARY KEY,
      created_at ${int} NOT NULL
    )`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['web_identity', 'planned_deletion', 'retired_key', 'next_signing_key', 'reserved_key'])
      await runner.query(`DROP TABLE ${table}`)
  }
}
