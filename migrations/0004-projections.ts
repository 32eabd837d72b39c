import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/**
 * What the log means to app.bsky. Everything here can be dropped and is rebuilt from the log. Rows are keyed by uri and
 * know nothing of each other; `json` is a record in its JSON form. Times are milliseconds since the epoch:
 * `indexed_at` that of the event, `sort_at` the earlier of it and the record's createdAt.
 */
export class Projections1700000000004 implements MigrationInterface {
  name = 'Projections1700000000004'

  async up(runner: QueryRunner): Promise<void> {
    const { int, key, rowNumber, clustered, fullText } = dialectOf(runner)
    const times = `sort_at ${int} NOT NULL, indexed_at ${int} NOT NULL`
    const record = `uri ${key} PRIMARY KEY, cid ${key} NOT NULL, did ${key} NOT NULL`

    // Which version of each projection the tables hold, and how far along the log they all are.
    await runner.query(`CREATE TABLE projection (name ${key} PRIMARY KEY, version ${int} NOT NULL)`)
    await runner.query(
      `CREATE TABLE projection_position (name ${key} PRIMARY KEY, seq ${int} NOT NULL, skipped ${int} NOT NULL)`,
    )

    // Who there is: from #identity and #account. claim: the handle that its last #identity says; handle: the same, unless
    // another has claimed it since.
    await runner.query(`CREATE TABLE bsky_actor (
      id ${rowNumber}, did ${key} NOT NULL UNIQUE, handle ${key}, claim ${key}, status TEXT, indexed_at ${int} NOT NULL)`)
    await runner.query('CREATE INDEX bsky_actor_by_handle ON bsky_actor (handle)')
    await runner.query('CREATE INDEX bsky_actor_by_claim ON bsky_actor (claim)')
    await runner.query(`CREATE TABLE bsky_profile (${record}, json TEXT NOT NULL, ${times}) ${clustered}`)
    await runner.query(fullText('bsky_actor_search', ['handle', 'name', 'description'], [1, 2, 3]))
    // Live-now status, labeler service and declarations: at most one a repository and collection.
    await runner.query(
      `CREATE TABLE bsky_declaration (${record}, collection ${key} NOT NULL, json TEXT NOT NULL, ${times}) ${clustered}`,
    )
    await runner.query(`CREATE TABLE bsky_status (${record}, json TEXT NOT NULL, ${times}) ${clustered}`)
    await runner.query(`CREATE TABLE bsky_labeler (${record}, json TEXT NOT NULL, ${times}) ${clustered}`)
    await runner.query(`CREATE TABLE bsky_verification (
      ${record}, subject ${key} NOT NULL, handle TEXT NOT NULL, display_name TEXT NOT NULL, ${times}) ${clustered}`)
    await runner.query('CREATE INDEX bsky_verification_by_subject ON bsky_verification (subject)')

    // Posts. quote: the post that it embeds. flags: PostFlags. gated: GateFlags.
    await runner.query(`CREATE TABLE bsky_post (
      id ${rowNumber}, uri ${key} NOT NULL UNIQUE, cid ${key} NOT NULL, did ${key} NOT NULL,
      json TEXT NOT NULL, reply_root ${key}, reply_parent ${key}, quote ${key},
      flags ${int} NOT NULL, gated ${int} NOT NULL, ${times})`)
    await runner.query(fullText('bsky_post_search', ['text', 'alt', 'tags', 'langs', 'links', 'mentions', 'author']))
    // What an account's feed is made of: its posts (uri = post) and reposts, newest last.
    await runner.query(`CREATE TABLE bsky_feed_item (
      did ${key} NOT NULL, sort_at ${int} NOT NULL, uri ${key} NOT NULL, post ${key} NOT NULL, flags ${int} NOT NULL,
      PRIMARY KEY (did, sort_at, uri)) ${clustered}`)
    // Counts. A row without any is not there.
    await runner.query(`CREATE TABLE bsky_post_stat (
      uri ${key} PRIMARY KEY, likes ${int} NOT NULL DEFAULT 0, reposts ${int} NOT NULL DEFAULT 0,
      replies ${int} NOT NULL DEFAULT 0, quotes ${int} NOT NULL DEFAULT 0) ${clustered}`)
    await runner.query(`CREATE TABLE bsky_actor_stat (
      did ${key} PRIMARY KEY, followers ${int} NOT NULL DEFAULT 0, follows ${int} NOT NULL DEFAULT 0,
      posts ${int} NOT NULL DEFAULT 0, lists ${int} NOT NULL DEFAULT 0, generators ${int} NOT NULL DEFAULT 0,
      starter_packs ${int} NOT NULL DEFAULT 0) ${clustered}`)

    // Records that point at one subject. Of several by one actor at one subject the one with the least uri counts.
    for (const [table, more] of [
      ['bsky_like', `, via ${key}`],
      ['bsky_repost', `, via ${key}`],
      ['bsky_follow', ''],
      ['bsky_block', ''],
      ['bsky_list_block', ''],
    ] as const) {
      await runner.query(`CREATE TABLE ${table} (${record}, subject ${key} NOT NULL${more}, ${times}) ${clustered}`)
      await runner.query(`CREATE INDEX ${table}_by_subject ON ${table} (did, subject)`)
    }
    await runner.query(
      `CREATE TABLE bsky_list_item (${record}, list ${key} NOT NULL, subject ${key} NOT NULL, ${times}) ${clustered}`,
    )
    await runner.query('CREATE INDEX bsky_list_item_by_subject ON bsky_list_item (list, subject)')
    await runner.query(`CREATE TABLE bsky_list (
      ${record}, purpose TEXT NOT NULL, json TEXT NOT NULL, ${times}) ${clustered}`)
    await runner.query(`CREATE TABLE bsky_generator (
      ${record}, feed_did ${key} NOT NULL, json TEXT NOT NULL, ${times}) ${clustered}`)
    await runner.query(`CREATE TABLE bsky_starter_pack (
      ${record}, list ${key} NOT NULL, json TEXT NOT NULL, ${times}) ${clustered}`)
    // Gates stand under the rkey of their post, in its repository.
    for (const table of ['bsky_threadgate', 'bsky_postgate'])
      await runner.query(
        `CREATE TABLE ${table} (${record}, post ${key} NOT NULL UNIQUE, json TEXT NOT NULL, ${times}) ${clustered}`,
      )

    // Who is told of what: did is told, author did it by the record uri, subject is what it was done to.
    await runner.query(`CREATE TABLE bsky_notification (
      did ${key} NOT NULL, sort_at ${int} NOT NULL, uri ${key} NOT NULL, reason ${key} NOT NULL,
      cid ${key} NOT NULL, author ${key} NOT NULL, subject ${key}, indexed_at ${int} NOT NULL,
      PRIMARY KEY (did, sort_at, uri, reason)) ${clustered}`)
    // Whoever a post has told, and what outlives its record; those of other records are found from the record.
    await runner.query(
      `CREATE INDEX bsky_notification_by_uri ON bsky_notification (uri)
       WHERE reason IN ('reply', 'mention', 'quote', 'unverified')`,
    )
    // Every record that points at a target (at-uri or DID), under the path that it does so by:
    // `app.bsky.feed.like:subject.uri`. Of several likes, reposts, follows … by one actor only the one that counts.
    await runner.query(`CREATE TABLE bsky_backlink (
      target ${key} NOT NULL, path ${key} NOT NULL, sort_at ${int} NOT NULL, uri ${key} NOT NULL, did ${key} NOT NULL,
      PRIMARY KEY (target, path, sort_at, uri)) ${clustered}`)
    // Records of other collections that point at something, with what they point at: [[target, path], …] as JSON.
    await runner.query(`CREATE TABLE bsky_other (${record}, links TEXT NOT NULL, ${times}) ${clustered}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE ${table}`)
  }
}

const TABLES = [
  ...['bsky_other', 'bsky_backlink', 'bsky_notification', 'bsky_postgate', 'bsky_threadgate', 'bsky_starter_pack'],
  ...['bsky_generator', 'bsky_list', 'bsky_list_item', 'bsky_list_block', 'bsky_block', 'bsky_follow', 'bsky_repost'],
  ...['bsky_like', 'bsky_actor_stat', 'bsky_post_stat', 'bsky_feed_item', 'bsky_post_search', 'bsky_post'],
  ...['bsky_verification', 'bsky_labeler', 'bsky_status', 'bsky_declaration', 'bsky_actor_search', 'bsky_profile'],
  ...['bsky_actor', 'projection_position', 'projection'],
]
