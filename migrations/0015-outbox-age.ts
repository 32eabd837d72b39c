import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** When what is promised was due first (milliseconds), so that it can be told how long it is owed. Null: from before this. */
export class OutboxAge1700000000015 implements MigrationInterface {
  name = 'OutboxAge1700000000015'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE outbox ADD COLUMN first_due_at ${dialectOf(runner).int}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE outbox DROP COLUMN first_due_at')
  }
}
