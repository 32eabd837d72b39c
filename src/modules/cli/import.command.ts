import { statSync } from 'node:fs'
import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { isDid } from '../../repo-engine/index.js'
import type { ImportedRepo } from '../repo/import-repo.js'
import { bytes, count, counted, section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'

interface ImportOptions extends DataOptions {
  did?: string
  json?: boolean
}

@Command({
  name: 'import',
  arguments: '<car>',
  argsDescription: { car: 'a CAR file with a whole repository' },
  description:
    'Take in a repository from a CAR file.\n\n' +
    'One of a DID that is not hosted here is kept as an archived repository with its own signed commit: verified where ' +
    'its DID document can be had, marked unverified where not. One of an account here takes the place of what the ' +
    'account has, signed anew with its key, and only when --did names it. The server must not be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class ImportCommand extends CommandRunner {
  async run([file]: string[], options: ImportOptions): Promise<void> {
    const { did, json } = options
    if (did !== undefined && !isDid(did)) throw new WrongUsage(`--did: not a DID: ${did}`)
    const stat = statSync(file!, { throwIfNoEntry: false })
    if (!stat) throw new Error(`there is no file ${file}`)
    if (stat.isDirectory()) throw new Error(`${file} is not a file`)
    const { importFile } = await import('./import-file.js')
    const started = performance.now()
    const imported = await importFile(file!, did ?? null, configOf(options))
    const seconds = (performance.now() - started) / 1000
    console.log(json ? JSON.stringify(resultJson(imported, seconds), null, 2) : resultText(imported, seconds))
  }

  @Option({ flags: '--did <did>', description: 'whose repository it must be; an account here gets it as its own' })
  did(did: string): string {
    return did
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog import repo.car', 'PDS_DID_PLC_URL=https://plc.directory skylog import repo.car --json'],
      '0 imported · 1 failed, and nothing has changed · 2 wrong usage',
    )
  }
}

function resultText({ repo, records, nodes, bytes: size, collections }: ImportedRepo, seconds: number): string {
  const rate = Math.round(records / seconds)
  const how =
    repo.hosting === 'hosted'
      ? 'in place of the repository of the account, signed anew'
      : `as an archived repository, ${repo.verified ? 'verified' : 'unverified: the signing key could not be had'}`
  return section(`Imported ${repo.did} ${how}`, [
    ['head', repo.head.toString()],
    ['rev', repo.rev],
    ['records', `${count(records)} in ${counted(collections.size, 'collection')}`],
    ['size', `${bytes(size)}, ${counted(nodes, 'node')}`],
    ['time', `${seconds.toFixed(1)} s, ${count(rate)} records/s`],
  ])
}

function resultJson({ repo, records, nodes, bytes: size, collections }: ImportedRepo, seconds: number): object {
  const { did, hosting, verified, head, rev, data } = repo
  return {
    did,
    hosting,
    verified,
    head: head.toString(),
    rev,
    data: data.toString(),
    records,
    nodes,
    bytes: size,
    collections: Object.fromEntries(collections),
    seconds,
  }
}
