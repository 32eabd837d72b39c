import { Command, CommandRunner, Help } from 'nest-commander'
import { counted } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, KEY, Takes } from './options.js'
import type { RepoReport } from './repo-report.js'
import { problemsText, reportJson, signatureText } from './report-text.js'

interface VerifyOptions extends DataOptions {
  json?: boolean
  key?: string
}

@Command({
  name: 'verify',
  arguments: '<did-or-car>',
  argsDescription: { 'did-or-car': 'a DID whose repository is in the data directory, or a CAR file' },
  description:
    'Check a repository in the data directory or in a CAR file in full.\n\n' +
    'Looks at every hash, the structure of the tree, every record, and the signature by the key in the DID document; in ' +
    'the data directory also that nothing is stored besides the repository, that its head is the last event in the log, ' +
    'and that the log folded from its start makes the same tree. The server may be running.',
})
@Takes(KEY, DATA, JSON_OUTPUT)
export class VerifyCommand extends CommandRunner {
  async run([target]: string[], options: VerifyOptions): Promise<void> {
    const { reportOn } = await import('./repo-report.js')
    const started = performance.now()
    const report = await reportOn(target!, configOf(options), { key: options.key, foldLog: true })
    const seconds = (performance.now() - started) / 1000
    console.log(options.json ? JSON.stringify({ ...reportJson(report), seconds }, null, 2) : verdict(report, seconds))
    if (report.problems.count > 0) process.exitCode = 1
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog verify did:plc:ewvi7nxzyoun6zhxrhs64oiz --data ./data', 'skylog verify repo.car --key did:key:zQ3sh…'],
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
