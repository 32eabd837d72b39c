import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { counted } from './format.js'
import {
  configOf,
  DATA,
  type DataOptions,
  helpEnd,
  JSON_OUTPUT,
  KEY,
  REPO_ARGUMENT,
  Takes,
  WrongUsage,
} from './options.js'
import type { RepoReport } from './repo-report.js'
import type { VerifiedAll } from './verify-all.js'
import { problemsText, reportJson, signatureText } from './report-text.js'

interface VerifyOptions extends DataOptions {
  json?: boolean
  key?: string
  all?: boolean
}

@Command({
  name: 'verify',
  arguments: '[repo]',
  argsDescription: { repo: REPO_ARGUMENT },
  description:
    'Check a repository in the data directory or in a CAR file in full, or all of the data directory.\n\n' +
    'Looks at every hash, the structure of the tree, every record, and the signature by the key in the DID document; in ' +
    'the data directory also that nothing is stored besides the repository, that its head is the last event in the log, ' +
    'and that the log folded from its start makes the same tree. The server may be running.',
})
@Takes(KEY, DATA, JSON_OUTPUT)
export class VerifyCommand extends CommandRunner {
  async run([target]: string[], options: VerifyOptions): Promise<void> {
    const { all = false, key } = options
    if (all === (target !== undefined)) throw new WrongUsage('say what: a CAR file, a DID, a handle, or --all')
    if (all && key !== undefined) throw new WrongUsage('--key is that of one repository')
    return all ? this.verifyAll(options) : this.verify(target!, options)
  }

  private async verify(target: string, options: VerifyOptions): Promise<void> {
    const { reportOn } = await import('./repo-report.js')
    const started = performance.now()
    const report = await reportOn(target, configOf(options), { key: options.key, foldLog: true })
    const seconds = (performance.now() - started) / 1000
    console.log(options.json ? JSON.stringify({ ...reportJson(report), seconds }, null, 2) : verdict(report, seconds))
    if (report.problems.count > 0) process.exitCode = 1
  }

  private async verifyAll(options: VerifyOptions): Promise<void> {
    const { verifyAll } = await import('./verify-all.js')
    const started = performance.now()
    const verified = await verifyAll(configOf(options))
    const seconds = (performance.now() - started) / 1000
    console.log(options.json ? JSON.stringify({ ...verified, seconds }, null, 2) : allText(verified, seconds))
    if (verified.bad.length > 0) process.exitCode = 1
  }

  @Option({ flags: '--all', description: 'every repository of the data directory' })
  all(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog verify alice.example.com --data ./data',
        'skylog verify repo.car --key did:key:zQ3sh…',
        'skylog verify --all',
      ],
      '0 sound · 1 failed, or problems found · 2 wrong usage',
    )
  }
}

/** What was looked at, then what is wrong, one a line. */
function verdict(report: RepoReport, seconds: number): string {
  const { did, examination, log } = report
  const lines: string[] = []
  if (examination?.commit) {
    const nodes = examination.layers.reduce((all, layer) => all + layer.nodes, 0)
    const records = examination.collections.reduce((all, collection) => all + collection.records, 0)
    const folded = log ? `, ${counted(log.events, 'event')} folded` : ''
    lines.push(
      `${did}: ${counted(nodes, 'node')} and ${counted(records, 'record')} checked${folded}, in ${seconds.toFixed(1)} s`,
    )
    lines.push(`Signature ${signatureText(report)}`)
  }
  return [...lines, problemsText(report)].join('\n')
}

/** How much was looked at, then what is wrong with whom. */
function allText({ repos, records, events, bad }: VerifiedAll, seconds: number): string {
  const much = `${counted(records, 'record')} checked and ${counted(events, 'event')} folded, in ${seconds.toFixed(1)} s`
  const verdict =
    bad.length === 0 ? 'No problems found' : `Problems found with ${counted(bad.length, 'repository', 'repositories')}`
  return [
    `${counted(repos, 'repository', 'repositories')}: ${much}`,
    verdict,
    ...bad.flatMap(({ did, handle, problems }) => [
      `  ${handle === null ? did : `${handle} (${did})`}`,
      ...problems.map((problem) => `    ${problem}`),
    ]),
  ].join('\n')
}
