import type { Config } from '../config/config.js'
import { WrongUsage } from './options.js'
import { ReferredBlobs, unpackBlobs, type UnpackedBlobs } from './unpack-blobs.js'
import { type Unpacked, unpackInto } from './unpack-directory.js'
import { withUnpackSource } from './unpack-source.js'
import { UnpackedDirectory } from './unpacked-directory.js'

export interface UnpackedRepo extends Unpacked {
  did: string
  head: string
  rev: string | null
  directory: string
  /** Null when they were not asked for. */
  blobs: UnpackedBlobs | null
}

/**
 * Unpacks what an argument names into a directory. @throws WrongUsage; Error, with the directory as it was unless the
 * disk failed
 */
export function unpackRepo(
  target: string,
  directory: string,
  config: Config,
  withBlobs: boolean,
): Promise<UnpackedRepo> {
  return withUnpackSource(target, config, async (source, did) => {
    if (withBlobs && did === null) throw new WrongUsage('--blobs: a CAR file has none')
    const referred = new ReferredBlobs()
    const unpacked = await unpackInto(directory, source, (record) => withBlobs && referred.add(record))
    const blobs = withBlobs ? await unpackBlobs(UnpackedDirectory.open(directory), referred.cids, config) : null
    const { commit, head } = source
    return { did: commit.did, head: head.toString(), rev: commit.rev, directory, ...unpacked, blobs }
  })
}
