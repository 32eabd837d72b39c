import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/**
 * What an account tells this server alone, and what the operator decides. None of it is in the log. Times are
 * milliseconds since the epoch.
 */
export class PrivateState1700000000005 implements MigrationInterface {
  name = 'PrivateState1700000000005'

  async up(runner: QueryRunner): Promise<void> {
    const { int, key, clustered } = dialectOf(runner)
    const at = `created_at ${int} NOT NULL`
    // scope: JSON array of what is muted, null for everything (app.bsky.graph.muteActor).
    await runner.query(`CREATE TABLE actor_mute (
      did ${key} NOT NULL, subject ${key} NOT NULL, scope TEXT, ${at}, PRIMARY KEY (did, subject)) ${clustered}`)
    await runner.query(`CREATE TABLE list_mute (
      did ${key} NOT NULL, list ${key} NOT NULL, ${at}, PRIMARY KEY (did, list)) ${clustered}`)
    await runner.query(`CREATE TABLE thread_mute (
      did ${key} NOT NULL, root ${key} NOT NULL, ${at}, PRIMARY KEY (did, root)) ${clustered}`)
    await runner.query(`CREATE TABLE notification_seen (did ${key} PRIMARY KEY, seen_at ${int} NOT NULL) ${clustered}`)
    // One JSON value each: the preferences array, and app.bsky.notification.defs#preferences as far as it was changed.
    await runner.query(`CREATE TABLE preferences (did ${key} PRIMARY KEY, json TEXT NOT NULL)`)
    await runner.query(`CREATE TABLE notification_preferences (did ${key} PRIMARY KEY, json TEXT NOT NULL)`)
    await runner.query(`CREATE TABLE bookmark (
      did ${key} NOT NULL, uri ${key} NOT NULL, cid ${key} NOT NULL, ${at}, PRIMARY KEY (did, uri)) ${clustered}`)
    await runner.query('CREATE INDEX bookmark_by_uri ON bookmark (uri)')
    await runner.query(`CREATE TABLE draft (
      did ${key} NOT NULL, id ${key} NOT NULL, json TEXT NOT NULL, ${at}, updated_at ${int} NOT NULL,
      PRIMARY KEY (did, id))`)
    await runner.query(`CREATE TABLE activity_subscription (
      did ${key} NOT NULL, subject ${key} NOT NULL, post ${int} NOT NULL, reply ${int} NOT NULL, ${at},
      PRIMARY KEY (did, subject)) ${clustered}`)
    await runner.query(`CREATE TABLE push_registration (
      did ${key} NOT NULL, service_did ${key} NOT NULL, platform ${key} NOT NULL, token ${key} NOT NULL,
      app_id ${key} NOT NULL, age_restricted ${int} NOT NULL, ${at},
      PRIMARY KEY (did, service_did, platform, token, app_id)) ${clustered}`)
    // Labels stored here (com.atproto.label.defs#label); cid is '' for a label on whatever stands under the uri.
    await runner.query(`CREATE TABLE label (
      uri ${key} NOT NULL, src ${key} NOT NULL, val ${key} NOT NULL, cid ${key} NOT NULL,
      neg ${int} NOT NULL, cts TEXT NOT NULL, exp TEXT, PRIMARY KEY (uri, src, val, cid)) ${clustered}`)
    await runner.query('CREATE INDEX label_by_time ON label (cts)')
    // Listings are newest first.
    for (const [table, key] of [
      ['actor_mute', 'subject'],
      ['list_mute', 'list'],
      ['bookmark', 'uri'],
      ['activity_subscription', 'subject'],
    ] as const)
      await runner.query(`CREATE INDEX ${table}_by_time ON ${table} (did, created_at, ${key})`)
    // What is taken down: a DID, an at-uri, or `did/cid` for a blob.
    await runner.query(`CREATE TABLE takedown (subject ${key} PRIMARY KEY, ref TEXT, ${at}) ${clustered}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      ...['takedown', 'label', 'push_registration', 'activity_subscription', 'draft', 'bookmark'],
      ...['notification_preferences', 'preferences', 'notification_seen', 'thread_mute', 'list_mute', 'actor_mute'],
    ])
      await runner.query(`DROP TABLE ${table}`)
  }
}
