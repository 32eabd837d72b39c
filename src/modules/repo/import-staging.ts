import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit, Optional } from '@nestjs/common'
import {
  CborWriter,
  type Cid,
  type Did,
  type NodeBlock,
  type RecordBlock,
  type Tid,
  verifyRepo,
} from '../../repo-engine/index.js'
import { Config } from '../config/config.js'
import { Database, type Tx } from '../database/database.js'
import { deleteSome, type KeyedTable } from '../database/delete-some.js'
import { CarFile, type FirstLook } from './car-file.js'
import type { PartRecord } from './fold-log.js'
import { inSlices } from './in-slices.js'
import { RecordBlobs } from './record-blobs.js'
import { type Hosting, newTree, putNodes, putRecords, TREE_TABLES } from './repo-row.js'

/** Rows and bytes that one write carries. */
const BATCH_ROWS = 400
const BATCH_BYTES = 512 * 1024
/** Rows that one write of the sweep deletes. */
const SWEEP_ROWS = 1_000

/** A repository written beside the one that is in place; nothing points to it yet. */
export interface StagedRepo {
  /** Names the pieces of it in commit_log_part. */
  id: string
  parts: number
  records: number
  tree: number
  layer: number
}

/** Where an import stays until it is in place: its file, and its rows under a tree number of their own. */
@Injectable()
export class ImportStaging implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Import')
  private readonly directory: string
  private sweeping: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(
    private readonly database: Database,
    private readonly config: Config,
    @Optional() private readonly blobs?: RecordBlobs,
  ) {
    this.directory = join(config.dataDirectory, 'tmp')
  }

  /** What a crash left goes: files, and trees that were staged or being swept. */
  async onModuleInit(): Promise<void> {
    rmSync(this.directory, { recursive: true, force: true })
    await this.database.write(async (tx) => {
      await tx.run("UPDATE tree SET state = 'abandoned' WHERE state = 'staged'")
    })
    this.sweepSoon()
  }

  /** Leaves the rest of a sweep to the next start. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true
    await this.sweeping
  }

  /** Bytes that a CAR may have, and the repository that it unfolds to. */
  get maxBytes(): number {
    return this.config.maxImportBytes
  }

  /** Takes in a CAR of as many bytes as told. The caller disposes of the file. @throws as {@link CarFile.receive} */
  receive(source: AsyncIterable<Uint8Array>, maxBytes = this.maxBytes, first?: FirstLook): Promise<CarFile> {
    return CarFile.receive(this.directory, source, { maxBytes }, first)
  }

  /** Writes a repository that has been verified, in small writes. @throws RepoError, whatever the database throws. */
  async stage(
    car: CarFile,
    head: Cid,
    { did, rev, hosting }: { did: Did; rev: Tid; hosting: Hosting },
    onProgress: (records: number) => void,
  ): Promise<StagedRepo> {
    const id = randomUUID()
    const tree = await this.database.write((tx) => newTree(tx, did, id))
    const staged: StagedRepo = { id, parts: 0, records: 0, tree, layer: -1 }
    try {
      await this.pour(car, head, staged, { rev, hosting }, onProgress)
      return staged
    } catch (error) {
      // What cannot be discarded now, on a disk that is full say, is swept at the next start.
      await this.discard(staged).catch((failure: unknown) => this.logger.warn(failure))
      throw error
    }
  }

  private async pour(
    car: CarFile,
    head: Cid,
    staged: StagedRepo,
    { rev, hosting }: { rev: Tid; hosting: Hosting },
    onProgress: (records: number) => void,
  ): Promise<void> {
    const { database } = this
    const { tree } = staged
    let nodes: NodeBlock[] = []
    let records: RecordBlock[] = []
    let bytes = 0
    const flush = async (isLast = false): Promise<void> => {
      const batch = { nodes, records }
      nodes = []
      records = []
      bytes = 0
      await database.write(async (tx) => {
        await putNodes(tx, tree, rev, batch.nodes)
        await putRecords(tx, tree, rev, batch.records)
        if (hosting === 'hosted') await this.blobs?.stage(tx, tree, batch.records)
        // An import has one piece at least, which says that there is nothing else.
        if (batch.records.length === 0 && !(isLast && staged.parts === 0)) return
        const part = encodeImportPart(batch.records)
        await tx.run(
          'INSERT INTO commit_log_part (part_of, n, bytes) VALUES (?, ?, ?)',
          staged.id,
          staged.parts++,
          part,
        )
      })
      staged.records += batch.records.length
      onProgress(staged.records)
    }
    await inSlices(verifyRepo({ store: car, head }), (item) => {
      if (item.kind === 'node') {
        // The root comes first.
        if (staged.layer < 0) staged.layer = item.at.layer
        nodes.push(item)
      } else if (item.kind === 'record') records.push(item)
      bytes += item.bytes.length
      return nodes.length + records.length >= BATCH_ROWS || bytes >= BATCH_BYTES ? flush() : undefined
    })
    await flush(true)
  }

  /** Gives up what was staged. */
  async discard({ tree }: StagedRepo): Promise<void> {
    await this.database.write(async (tx) => tx.run("UPDATE tree SET state = 'abandoned' WHERE id = ?", tree))
    this.sweepSoon()
  }

  /** Deletes the rows of trees that are not in place any more in the background, a little at a time. */
  sweepSoon(): void {
    this.sweeping = this.sweeping.then(() => this.sweep()).catch((error: unknown) => this.logger.error(error))
  }

  /** Resolves when what is being swept has gone. */
  async swept(): Promise<void> {
    await this.sweeping
  }

  private async sweep(): Promise<void> {
    const dead = await this.database.read.all<{ id: number; part_of: string | null }>(
      "SELECT id, CASE state WHEN 'abandoned' THEN part_of END AS part_of FROM tree WHERE state IN ('dead', 'abandoned')",
    )
    for (const { id, part_of } of dead) {
      if (this.stopped) return
      for (const table of TREE_TABLES) await this.sweepRows(table, 'tree', id)
      if (part_of !== null) await this.sweepRows(['commit_log_part', 'n'], 'part_of', part_of)
      if (!this.stopped) await this.database.write(async (tx) => tx.run('DELETE FROM tree WHERE id = ?', id))
    }
  }

  private async sweepRows(table: KeyedTable, column: string, value: number | string): Promise<void> {
    const some = (tx: Tx): Promise<number> => deleteSome(tx, table, column, value, SWEEP_ROWS)
    while (!this.stopped && (await this.database.write(some)) > 0);
  }
}

/** A piece of an import, as {@link readImportPart} reads it. */
export function encodeImportPart(records: readonly PartRecord[]): Buffer {
  const writer = new CborWriter().array(records.length)
  for (const { path, cid, bytes } of records) {
    if (bytes) writer.array(2).text(path).bytes(bytes)
    else writer.array(3).text(path).null().cid(cid)
  }
  return writer.finish()
}
