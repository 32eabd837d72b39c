import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { count, counted, section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, REPO_ARGUMENT, Takes } from './options.js'
import type { UnpackedRepo } from './unpack-repo.js'

interface UnpackOptions extends DataOptions {
  blobs?: boolean
  json?: boolean
}

/** Names of missing blobs that are printed. */
const SHOWN = 20

@Command({
  name: 'unpack',
  arguments: '<repo> <directory>',
  argsDescription: {
    repo: REPO_ARGUMENT,
    directory: 'where its files go: a new or empty directory, or one that it was unpacked into before',
  },
  description:
    'Write a repository as files that people and git can read.\n\n' +
    'Each record becomes <collection>/<rkey>.json; commit.json is the signed commit. What is as it should be is not ' +
    'written again, and the files of records that are gone are deleted. Where the directory has something in it that was ' +
    'not unpacked, or was changed since, nothing is touched. `skylog pack` leads back to the same CAR. The server may be ' +
    'running.',
})
@Takes(DATA, JSON_OUTPUT)
export class UnpackCommand extends CommandRunner {
  async run([target, directory]: string[], options: UnpackOptions): Promise<void> {
    const { unpackRepo } = await import('./unpack-repo.js')
    const started = performance.now()
    const unpacked = await unpackRepo(target!, directory!, configOf(options), options.blobs ?? false)
    const seconds = (performance.now() - started) / 1000
    console.log(options.json ? JSON.stringify({ ...unpacked, seconds }, null, 2) : resultText(unpacked, seconds))
    if (unpacked.blobs && unpacked.blobs.missing.length > 0) process.exitCode = 1
  }

  @Option({ flags: '--blobs', description: 'also the blobs that records refer to, as blobs/<cid>; not of a CAR file' })
  blobs(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog unpack repo.car alice/', 'skylog unpack alice.example.com alice/ --blobs'],
      '0 unpacked · 1 failed, or blobs are missing · 2 wrong usage',
    )
  }
}

function resultText(
  { did, head, rev, records, written, removed, blobs, directory }: UnpackedRepo,
  seconds: number,
): string {
  const missing = blobs?.missing ?? []
  return section(`Unpacked ${did} into ${directory}`, [
    ['head', head],
    ['rev', rev],
    ['records', count(records)],
    ['files', written + removed === 0 ? 'as they were' : `${count(written)} written, ${count(removed)} deleted`],
    ['blobs', blobs && `${count(blobs.written)} written, ${count(blobs.unchanged)} as they were`],
    ['missing', missing.length === 0 ? null : counted(missing.length, 'blob')],
    ...missing.slice(0, SHOWN).map((cid) => ['', cid] as const),
    ['', missing.length > SHOWN ? '…' : null],
    ['time', `${seconds.toFixed(1)} s, ${count(Math.round(records / seconds))} records/s`],
  ])
}
