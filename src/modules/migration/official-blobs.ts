import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { Cid, type Did } from '../../repo-engine/index.js'
import { HostedBlobs, type MissingBlob } from '../blob/hosted-blobs.js'
import { KeepBlob } from '../blob/keep-blob.js'
import { Database } from '../database/database.js'
import { Takedowns } from '../moderation/takedowns.js'
import type { OfficialBlob, OfficialStore } from './official-store.js'

/** Missing blobs that are looked at together. */
const PAGE = 500

/** What was taken of an account's blobs. */
export interface TakenBlobs {
  blobs: number
  /** CIDs of those whose file is not there, or is damaged. */
  missingBlobs: string[]
}

/**
 * Takes over blobs from the disk of an official PDS: `<folder>/<did>/<cid>`, and those that are taken down in
 * `<folder>/quarantine/<did>/<cid>`.
 */
@Injectable()
export class OfficialBlobs {
  constructor(
    private readonly commands: CommandBus,
    private readonly database: Database,
    private readonly takedowns: Takedowns,
    private readonly hosted: HostedBlobs,
  ) {}

  /** What was taken before is left alone. `folder` null: there are none to be had. */
  async take(did: Did, store: OfficialStore, folder: string | null): Promise<TakenBlobs> {
    const taken: TakenBlobs = { blobs: 0, missingBlobs: [] }
    for (const blob of store.blobs()) {
      const ref = blob.takedownRef
      if (ref !== null)
        await this.database.write((tx) => this.takedowns.set(tx, `${did}/${blob.cid}`, { applied: true, ref }))
      await this.bring(did, blob, folder, taken)
    }
    return taken
  }

  /** For an account that is here: what its records refer to and a run before has not found. */
  async takeMissing(did: Did, store: OfficialStore, folder: string | null): Promise<TakenBlobs> {
    const taken: TakenBlobs = { blobs: 0, missingBlobs: [] }
    for (let after: Cid | null = null; ;) {
      const page: MissingBlob[] = await this.hosted.missing(did, after, PAGE)
      for (const { cid } of page) {
        const blob = store.blob(cid.toString())
        if (blob) await this.bring(did, blob, folder, taken)
        else taken.missingBlobs.push(cid.toString())
      }
      if (page.length < PAGE) return taken
      after = page.at(-1)!.cid
    }
  }

  private async bring(did: Did, blob: OfficialBlob, folder: string | null, taken: TakenBlobs): Promise<void> {
    const { cid, mimeType, createdAt } = blob
    const path = folder === null ? undefined : placesOf(folder, did, cid).find((place) => existsSync(place))
    const kept =
      path !== undefined &&
      (await this.commands.execute(
        new KeepBlob({
          ...{ did, cid: Cid.parse(cid), mimeType, createdAt: Date.parse(createdAt) || 0 },
          open: () => createReadStream(path) as AsyncIterable<Buffer>,
        }),
      ))
    if (kept) taken.blobs++
    else taken.missingBlobs.push(cid)
  }
}

function placesOf(folder: string, did: string, cid: string): string[] {
  return [join(folder, did, cid), join(folder, 'quarantine', did, cid)]
}
