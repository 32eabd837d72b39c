import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/**
 * Rebuilds under way. A rebuild replays the log into shadow tables, all of whose names begin with `r<id>_`; how far it has
 * come is in projection_position, under `rebuild <id>`.
 */
export class Rebuild1700000000006 implements MigrationInterface {
  name = 'Rebuild1700000000006'

  async up(runner: QueryRunner): Promise<void> {
    const { int, numberedKey } = dialectOf(runner)
    // projections: JSON object of names and versions. verify: 1 when the tables are for a comparison only.
    // state: replay, or done: whatever still has such a name is to be dropped.
    await runner.query(`CREATE TABLE rebuild (
      id ${numberedKey}, projections TEXT NOT NULL, verify ${int} NOT NULL, state TEXT NOT NULL)`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rebuild')
  }
}
