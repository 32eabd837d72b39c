import { Command, CommandRunner, Help, Option } from 'nest-commander'
import type { Snapshot } from '../backup/snapshot.js'
import { Clock } from '../config/clock.js'
import type { BackupVerdict } from './backup-anywhere.js'
import { bytes, count, counted, section } from './format.js'
import {
  configOf,
  DATA,
  type DataOptions,
  helpEnd,
  IDENTITY_FILE,
  type IdentityOptions,
  identitySetting,
  JSON_OUTPUT,
  Takes,
  WrongUsage,
} from './options.js'

interface BackupOptions extends DataOptions, IdentityOptions {
  newIdentity?: string
  verify?: boolean
  keep?: string
  endpoint?: string
  json?: boolean
}

@Command({
  name: 'backup',
  arguments: '[target]',
  argsDescription: { target: 'a folder, or s3://bucket/folder (default: BACKUP_TARGET)' },
  description:
    'Copy the whole data directory, or check such copies.\n\n' +
    'Database, secrets and blobs, as they are at one moment; what the target has already is not stored again. The server may ' +
    'be running: then it does the work, and goes on serving. With BACKUP_TARGET set, a server does all this by itself, and ' +
    'ships what is written a moment after it is. With --verify nothing is written: everything in the target is read and held ' +
    'against its hashes, the newest state is restored into a temporary folder, and all repositories in it are checked.\n\n' +
    'With an identity of age (age-encryption.org), all that is stored is encrypted for it. --new-identity makes one; keep a ' +
    'copy of it apart from the data and from the backups: without it nothing in them can be read.',
})
@Takes(DATA, IDENTITY_FILE, JSON_OUTPUT)
export class BackupCommand extends CommandRunner {
  async run([target]: string[], options: BackupOptions): Promise<void> {
    const { backUp, verifyBackup } = await import('./backup-anywhere.js')
    const config = configOf(options, identitySetting(options))
    const { verify = false, keep = null, endpoint = null, newIdentity } = options
    if (newIdentity !== undefined) {
      if (target !== undefined || verify) throw new WrongUsage('--new-identity makes a file, and no backup')
      return makeIdentity(newIdentity, config.dataDirectory, options.json)
    }
    const named = target ?? config.backup.target
    if (named === null) throw new WrongUsage('no target is given, nor set (BACKUP_TARGET)')
    if (verify) {
      const verdict = await verifyBackup(named, endpoint, config)
      console.log(options.json ? JSON.stringify(verdict, null, 2) : verdictText(verdict))
      if (verdict.problems.count > 0) process.exitCode = 1
      return
    }
    const { identityFile } = config.backup
    const snapshot = await backUp({ target: named, endpoint, identityFile, keep: keep ?? config.backup.keep }, config)
    console.log(options.json ? JSON.stringify(snapshot, null, 2) : snapshotText(snapshot))
    if (snapshot.pruneProblem !== null) process.exitCode = 1
  }

  @Option({ flags: '--verify', description: 'check what is there, and write nothing' })
  verify(): boolean {
    return true
  }

  @Option({
    flags: '--keep <number-or-duration>',
    description:
      'delete older snapshots: keep so many, or enough to go back so far, as 30d (default: BACKUP_KEEP, or all)',
  })
  keep(text: string): string {
    if (!/^[1-9]\d{0,5}[smhdw]?$/.test(text)) throw new WrongUsage(`--keep: neither a number nor as 30d: ${text}`)
    return text
  }

  @Option({ flags: '--endpoint <url>', description: 'where S3 is (default: BACKUP_S3_ENDPOINT, or that of the blobs)' })
  endpoint(url: string): string {
    if (!URL.canParse(url)) throw new WrongUsage(`--endpoint: not a URL: ${url}`)
    return url
  }

  @Option({ flags: '--new-identity <file>', description: 'make an identity to encrypt backups for, in a new file' })
  newIdentity(file: string): string {
    return file
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog backup /mnt/backup --keep 30d',
        'skylog backup s3://my-bucket/skylog',
        'skylog backup /mnt/backup --verify',
        'skylog backup --new-identity /etc/skylog/backup.age',
        'skylog backup s3://my-bucket/sealed --identity-file /etc/skylog/backup.age',
      ],
      '0 done, or nothing wrong · 1 failed, or problems found · 2 wrong usage',
    )
  }
}

async function makeIdentity(file: string, dataDirectory: string, json = false): Promise<void> {
  const { assertElsewhere, writeNewIdentity } = await import('../backup/backup-identity.js')
  assertElsewhere(file, dataDirectory)
  const recipient = await writeNewIdentity(file, new Clock().iso())
  if (json) return console.log(JSON.stringify({ file, recipient }, null, 2))
  console.log(
    section('Made an identity', [
      ['file', file],
      ['recipient', recipient],
    ]),
  )
  console.log('Keep a copy of the file apart from this machine: backups that are encrypted for it are lost with it.')
}

function snapshotText(snapshot: Snapshot): string {
  const { target, encrypted, time, seq, databaseBytes, newChunks, newBytes, blobs, pruned, pruneProblem, seconds } =
    snapshot
  return section('Backed up', [
    ['target', `${target}${encrypted ? ', encrypted' : ''}`],
    ['moment', `${time}, event ${seq}`],
    ['database', `${bytes(databaseBytes)}; new: ${counted(newChunks, 'chunk')}, ${bytes(newBytes)}`],
    [
      'blobs',
      blobs
        ? `${count(blobs.count)}; new: ${count(blobs.new)}, ${bytes(blobs.newBytes)}`
        : 'in their bucket, which is referred to and not copied',
    ],
    ...(pruned.snapshots > 0
      ? [
          ['deleted', `${counted(pruned.snapshots, 'old snapshot')}, ${counted(pruned.objects, 'object')}`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(pruneProblem === null ? [] : [['not deleted', `what is old: ${pruneProblem}`] as [string, string]]),
    ['took', `${seconds.toFixed(1)} s`],
  ])
}

function verdictText({ snapshots, segments, chunks, blobs, until, repos, problems }: BackupVerdict): string {
  const lines: [string, string][] = [
    ['read', [counted(snapshots, 'snapshot'), counted(chunks, 'chunk'), counted(segments, 'segment')].join(', ')],
    ['blobs', count(blobs)],
  ]
  if (until !== null) lines.push(['until', until])
  if (repos !== null) lines.push(['checked', repos === 1 ? '1 repository' : `${count(repos)} repositories`])
  const more = problems.count - problems.told.length
  return [
    section(problems.count === 0 ? 'Verified: nothing is wrong' : 'Problems', lines),
    ...problems.told.map((problem) => `  ${problem}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join('\n')
}
