import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// An interrupted run takes its servers and their data with it: what is to be done then is done on `exit`.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/** A new and empty data directory in `parent`, or in the system's temporary directory. */
export function makeDirectory(parent = tmpdir()) {
  return mkdtempSync(join(parent, 'skylog-bench-'))
}

export function eraseDirectory(directory) {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
}
