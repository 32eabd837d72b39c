import { BlobScrub, type ScrubReport } from '../blob/blob-scrub.js'
import { QUARANTINE_MS } from '../blob/loose-blobs.js'
import type { Config } from '../config/config.js'
import { startProgress } from './progress.js'
import { online } from './running-server.js'

/** Scrubs the blobs of the data directory, by the server that runs on it if there is one; `repair`: deletes old orphans. */
export async function scrubBlobs(repair: boolean, config: Config): Promise<ScrubReport> {
  const progress = startProgress('Reading', 0, 'blobs')
  const onProgress = (done: number, total: number): void => progress.to(done, total)
  try {
    return await online(
      config,
      (server) => server.work<ScrubReport>('/admin/blobs/scrub', { repair }, onProgress),
      (app) =>
        app.get(BlobScrub, { strict: false }).run({ removeOlderThan: repair ? QUARANTINE_MS : null, onProgress }),
    )
  } finally {
    progress.end()
  }
}
