import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * What the records of hosted repositories refer to has been written down since 0012. Of those that were here before, it is
 * read once: each is promised to the outbox, as work of the kind `read-references`.
 */
export class UnreadReferences1700000000014 implements MigrationInterface {
  name = 'UnreadReferences1700000000014'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `INSERT INTO outbox (kind, payload, attempts, due_at)
       SELECT 'read-references', '{"did":"' || did || '"}', 0, 0 FROM repo WHERE hosting = 'hosted'`,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("DELETE FROM outbox WHERE kind = 'read-references'")
  }
}
