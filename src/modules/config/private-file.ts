/** Files that hold secrets: JSON, readable by their owner alone, whole or not there at all. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Puts a value in the place of what a file has. On disk when this returns. `temporary` is a name beside it. */
export function writePrivateFile(file: string, value: object, temporary: string): void {
  writeTemporary(temporary, value)
  renameSync(temporary, file)
  syncDirectory(file)
}

/** Writes a value under a temporary name, to disk; the folder is made where there is none. */
export function writeTemporary(temporary: string, value: object): void {
  mkdirSync(dirname(temporary), { recursive: true, mode: 0o700 })
  // One left by a crash would keep its mode.
  rmSync(temporary, { force: true })
  const handle = openSync(temporary, 'wx', 0o600)
  try {
    writeFileSync(handle, `${JSON.stringify(value, null, 2)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Brings the names in the folder of a file to disk. */
export function syncDirectory(file: string): void {
  const directory = openSync(dirname(file), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
