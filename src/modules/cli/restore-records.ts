import { Clock } from '../config/clock.js'
import type { Config } from '../config/config.js'
import type { RestoredRecords } from '../repo/restore-records.js'
import { confirmed } from './ask.js'
import { parsePast } from './duration.js'
import { didOf, type NamedRecords } from './named-records.js'
import { WrongUsage } from './options.js'
import { restoreRecords } from './restore-records-anywhere.js'
import { restoredText } from './restore-text.js'

export interface RestoreRecordsOptions {
  at?: string
  dryRun?: boolean
  yes?: boolean
  json?: boolean
}

/**
 * The part of `restore` that brings records of an account here back: says what it does, or would do, and asks before it does
 * it to all of them. @throws WrongUsage; Error as the handler of the command, or when nobody agrees
 */
export async function restoreNamed(named: NamedRecords, config: Config, options: RestoreRecordsOptions): Promise<void> {
  if (options.at === undefined) throw new WrongUsage('--at is needed: the moment that records are brought back to')
  const at = new Date(parsePast('--at', options.at, new Clock().now())).toISOString()
  const { path } = named
  const asks = path === undefined && !options.yes && !options.dryRun
  if (asks && !process.stdin.isTTY)
    throw new WrongUsage('nobody is there to be asked; --yes restores all records without asking, --dry-run only looks')
  const did = await didOf(named.who, config)
  const wanted = { did, at, dryRun: options.dryRun ?? false, ...(path !== undefined && { path }) }
  if (asks) {
    const looked = await restoreRecords({ ...wanted, dryRun: true }, config)
    process.stderr.write(`${restoredText(looked, true)}\n`)
    if (looked.changes.length === 0) {
      if (options.json) console.log(jsonOf(looked, false))
      return tellSkipped(looked)
    }
    await confirmed(`Bring the records of ${named.who} back to what they were?`, named.who)
  }
  const restored = await restoreRecords(wanted, config)
  console.log(options.json ? jsonOf(restored, wanted.dryRun) : restoredText(restored, wanted.dryRun))
  tellSkipped(restored)
}

function jsonOf(restored: RestoredRecords, dryRun: boolean): string {
  return JSON.stringify({ dryRun, ...restored }, null, 2)
}

/** A script is to know when not everything is as it was. */
function tellSkipped({ skipped }: RestoredRecords): void {
  if (skipped.count > 0) process.exitCode = 1
}
