import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import type { ScrubReport } from '../blob/blob-scrub.js'
import { bytes, counted, section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface ScrubOptions extends DataOptions {
  repair?: boolean
  json?: boolean
}

/** Names of each kind that are printed. */
const SHOWN = 20

@SubCommand({
  name: 'scrub',
  description:
    'Read every blob and hash it again.\n\n' +
    'Tells which blobs of accounts are missing, whose bytes are not those of their name, and which nobody has any more. ' +
    'Where a server runs on the data directory, that server does it while it goes on serving.',
})
@Takes(DATA, JSON_OUTPUT)
export class BlobScrubCommand extends CommandRunner {
  async run(_: string[], options: ScrubOptions): Promise<void> {
    const { scrubBlobs } = await import('./scrub-blobs-anywhere.js')
    const report = await scrubBlobs(options.repair ?? false, configOf(options))
    console.log(options.json ? JSON.stringify(report, null, 2) : reportText(report))
    if (report.missing.count + report.corrupt.count + report.orphans.count > 0) process.exitCode = 1
  }

  @Option({ flags: '--repair', description: 'delete blobs that nobody has, if they are older than an hour' })
  repair(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog blob scrub', 'skylog blob scrub --repair --json'],
      '0 all is well · 1 problems found, or failed · 2 wrong usage',
    )
  }
}

function reportText({ files, bytes: size, missing, corrupt, orphans, removed }: ScrubReport): string {
  const lines: [string, string][] = [['read', `${counted(files, 'blob')}, ${bytes(size)}`]]
  const add = (label: string, count: number, names: string[]): void => {
    lines.push([label, String(count)])
    for (const name of names.slice(0, SHOWN)) lines.push(['', name])
    if (count > SHOWN) lines.push(['', '…'])
  }
  add(
    'missing',
    missing.count,
    missing.blobs.map(({ did, cid }) => `${cid} of ${did}`),
  )
  add('corrupt', corrupt.count, corrupt.cids)
  add('nobody has', orphans.count, orphans.cids)
  if (removed > 0) lines.push(['deleted', counted(removed, 'blob')])
  return section('Blobs', lines)
}
