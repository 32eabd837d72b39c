/** Whether what is here is kept a second time, somewhere else. */
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { BackupFigures } from '../../backup/backup-status.js'
import { beginningOf, listManifests } from '../../backup/manifest.js'
import type { BackupTarget } from '../../backup/backup-target.js'
import { openTarget } from '../../backup/open-target.js'
import type { Config } from '../../config/config.js'
import type { Check } from '../check.js'
import { type Finding, note, ok, problem, reasonOf, warning } from '../finding.js'
import type { Patient } from '../patient.js'

/** What is written is shipped within seconds; what is not for so long is not just late. */
const BEHIND_MS = 10 * 60 * 1000

export const BACKUP: Check[] = [
  { area: 'backup', where: 'here', applies: (config) => !isBucket(config), run: (patient) => look(patient) },
  { area: 'backup', where: 'outside', applies: isBucket, run: (patient) => look(patient) },
  { area: 'backup', where: 'here', applies: (config) => !isBucket(config), run: sameDisk },
  { area: 'backup', where: 'here', applies: isBucket, run: inTheClear },
]

function isBucket({ backup: { target } }: Config): boolean {
  return target?.startsWith('s3:') ?? false
}

async function look(patient: Patient): Promise<Finding[]> {
  const { config, running } = patient
  if (running) return [shippingFinding(running.backups.figures())]
  return [config.backup.target === null ? noTarget() : await newest(patient, config.backup.target)]
}

function inTheClear({ config: { backup } }: Patient): Promise<Finding[]> {
  if (backup.identityFile !== null) return Promise.resolve([])
  const text = `what is in ${backup.target} is not encrypted, with the secrets of this server among it`
  const advice =
    'Have `skylog backup --new-identity` make a file, and set BACKUP_IDENTITY_FILE and another BACKUP_TARGET.'
  return Promise.resolve([note(text, advice)])
}

function noTarget(): Finding {
  return note(
    'no backups are made by this server itself',
    'Set BACKUP_TARGET, or have `skylog backup <target>` run from time to time; docs/backup.md tells more.',
  )
}

/** What there is to be said of how a server that runs backs itself up. */
export function shippingFinding(figures: BackupFigures): Finding {
  const { target, encrypted, snapshot, lagMs, failuresInARow, lastError } = figures
  if (target === null)
    return snapshot ? ok(`a backup was made in ${snapshot.target}, as of ${snapshot.time}`) : noTarget()
  const isBehind = lagMs !== null && lagMs > BEHIND_MS
  const since = lagMs === null ? '' : `, of what was written in the last ${Math.ceil(lagMs / 1000)} s`
  if (failuresInARow > 0) {
    const text = `backups to ${target} fail${since}: ${reasonOf({ message: lastError })}`
    const advice = 'See to what it says. It is tried again by itself; meanwhile what is written is lost with the disk.'
    return isBehind ? problem(text, advice) : warning(text, advice)
  }
  if (lagMs === null) return note(`the first snapshot in ${target} is being made: what is written is in no backup yet`)
  if (isBehind)
    return warning(
      `${target} is ${Math.round(lagMs / 60_000)} minutes behind`,
      'It is too slow for what is written here, or for the blobs that are new: look at the way to it.',
    )
  return ok(`what is written is in ${target}${encrypted ? ', encrypted' : ''}`)
}

/** What lies in the target of a server that does not run. */
async function newest({ config, clock }: Patient, name: string): Promise<Finding> {
  let target: BackupTarget | undefined
  try {
    target = await openTarget(name, config.backup, () => clock.now())
    const last = (await listManifests(target)).at(-1)
    if (last === undefined) return note(`there is no backup in ${name} yet`, 'The server makes one when it starts.')
    const moment = new Date(beginningOf(last)).toISOString()
    return ok(`the newest snapshot in ${name} is of ${moment}${target.isSealed ? ', encrypted' : ''}`)
  } catch (error) {
    return problem(
      `${name} cannot be read: ${reasonOf(error)}`,
      'Check BACKUP_TARGET, BACKUP_IDENTITY_FILE and BACKUP_S3_…, and the keys.',
    )
  } finally {
    target?.close()
  }
}

async function sameDisk({ config: { dataDirectory, backup } }: Patient): Promise<Finding[]> {
  if (backup.target === null) return []
  const [data, copy] = [await deviceOf(dataDirectory), await deviceOf(backup.target)]
  if (data === null || data !== copy) return []
  return [
    warning(
      `${backup.target} is on the disk that the data is on: whatever takes one takes both`,
      'Put BACKUP_TARGET on another disk, or into a bucket.',
    ),
  ]
}

/** The device that something is on, or will be on once it is made. */
async function deviceOf(path: string): Promise<number | null> {
  const at = await stat(path).catch(() => null)
  if (at) return at.dev
  return dirname(path) === path ? null : deviceOf(dirname(path))
}
