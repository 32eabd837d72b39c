import type { MigrationInterface, QueryRunner } from 'typeorm'
import { dialectOf } from './dialect.js'

/** The commit log, and the repositories that it is the history of. */
export class LogAndRepos1700000000001 implements MigrationInterface {
  name = 'LogAndRepos1700000000001'

  async up(runner: QueryRunner): Promise<void> {
    const { bytes, int, key, clustered, numberedKey } = dialectOf(runner)
    // What happened, in order. `event` is what a replay needs beyond the frame; `frame` goes on the wire as it is.
    await runner.query(`CREATE TABLE commit_log (
      seq ${int} PRIMARY KEY,
      did ${key} NOT NULL,
      kind TEXT NOT NULL,
      time TEXT NOT NULL,
      rev TEXT,
      cid ${bytes},
      event ${bytes},
      frame ${bytes}
    )`)
    await runner.query('CREATE INDEX commit_log_by_did ON commit_log (did, seq)')
    // The records of an import, too many for one row: pieces in path order, named by the event.
    await runner.query(`CREATE TABLE commit_log_part (
      part_of ${key} NOT NULL,
      n ${int} NOT NULL,
      bytes ${bytes} NOT NULL,
      PRIMARY KEY (part_of, n)
    )`)
    // One row a repository. `tree` names the generation of tree_node and record rows that the head stands on. Records are
    // those of the head; nodes those of the tree `stored_root`, to which the commits after stored_seq lead up to `data`.
    await runner.query(`CREATE TABLE repo (
      id ${numberedKey},
      did ${key} NOT NULL UNIQUE,
      hosting TEXT NOT NULL,
      status TEXT,
      rev TEXT NOT NULL,
      head ${bytes} NOT NULL,
      data ${bytes} NOT NULL,
      commit_block ${bytes} NOT NULL,
      tree ${int} NOT NULL,
      stored_seq ${int} NOT NULL,
      stored_root ${bytes} NOT NULL,
      stored_layer ${int} NOT NULL,
      verified ${int} NOT NULL
    )`)
    // Generations: staged (being written beside the one in place), live, dead (to be swept), abandoned (never live: its
    // pieces in the log are swept with it).
    await runner.query(`CREATE TABLE tree (
      id ${numberedKey},
      did ${key} NOT NULL,
      state TEXT NOT NULL,
      part_of ${key}
    )`)
    // MST nodes filed by their place: after = key right before the node's range, depth = minus its layer.
    // A range scan is the tree in pre-order; rewriting a path overwrites its rows and leaves no garbage.
    await runner.query(`CREATE TABLE tree_node (
      tree ${int} NOT NULL,
      after ${key} NOT NULL,
      depth ${int} NOT NULL,
      rev TEXT NOT NULL,
      cid ${bytes} NOT NULL,
      bytes ${bytes} NOT NULL,
      PRIMARY KEY (tree, after, depth)
    ) ${clustered}`)
    await runner.query(`CREATE TABLE record (
      tree ${int} NOT NULL,
      path ${key} NOT NULL,
      rev TEXT NOT NULL,
      cid ${bytes} NOT NULL,
      bytes ${bytes} NOT NULL,
      PRIMARY KEY (tree, path)
    ) ${clustered}`)
    // Which record of a collection that allows one per subject (like, repost, follow, block) points at a subject.
    await runner.query(`CREATE TABLE record_link (
      tree ${int} NOT NULL,
      collection ${key} NOT NULL,
      subject ${key} NOT NULL,
      rkey ${key} NOT NULL,
      PRIMARY KEY (tree, collection, subject, rkey)
    ) ${clustered}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['record_link', 'record', 'tree_node', 'tree', 'repo', 'commit_log_part', 'commit_log'])
      await runner.query(`DROP TABLE ${table}`)
  }
}
