import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** The blobs of accounts that are hosted here, and which records refer to them. */
export class Blobs1700000000012 implements MigrationInterface {
  name = 'Blobs1700000000012'

  async up(runner: QueryRunner): Promise<void> {
    const { bytes, int, key, clustered } = dialectOf(runner)
    // One row for each account that has uploaded the bytes. loose_since (milliseconds): since when no record may refer to
    // it, which is looked at again before it goes; null: some record does.
    await runner.query(`CREATE TABLE blob (
      did ${key} NOT NULL,
      cid ${bytes} NOT NULL,
      mime_type TEXT NOT NULL,
      size ${int} NOT NULL,
      created_at ${int} NOT NULL,
      loose_since ${int},
      PRIMARY KEY (did, cid)
    ) ${clustered}`)
    await runner.query('CREATE INDEX blob_by_cid ON blob (cid)')
    await runner.query('CREATE INDEX blob_loose ON blob (loose_since) WHERE loose_since IS NOT NULL')
    // What the records of hosted repositories refer to, whether it is here or not. Rows of a tree, as those of record.
    await runner.query(`CREATE TABLE record_blob (
      tree ${int} NOT NULL,
      path ${key} NOT NULL,
      cid ${bytes} NOT NULL,
      PRIMARY KEY (tree, path, cid)
    ) ${clustered}`)
    await runner.query('CREATE INDEX record_blob_by_cid ON record_blob (tree, cid)')
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['record_blob', 'blob']) await runner.query(`DROP TABLE ${table}`)
  }
}
