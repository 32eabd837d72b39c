import { Command, CommandRunner, Help } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, KEY, Takes } from './options.js'
import { reportJson, reportText } from './report-text.js'

interface InspectOptions extends DataOptions {
  json?: boolean
  key?: string
}

@Command({
  name: 'inspect',
  arguments: '<did-or-car>',
  argsDescription: { 'did-or-car': 'a DID whose repository is in the data directory, or a CAR file' },
  description:
    'Describe a repository in the data directory or in a CAR file.\n\n' +
    'Shows its commit and signature, collections with counts, the shape of its tree layer by layer, sizes, the history ' +
    'of commits where a file has one, and problems found. The server may be running.',
})
@Takes(KEY, DATA, JSON_OUTPUT)
export class InspectCommand extends CommandRunner {
  async run([target]: string[], options: InspectOptions): Promise<void> {
    const { reportOn } = await import('./repo-report.js')
    const report = await reportOn(target!, configOf(options), { key: options.key, foldLog: false })
    console.log(options.json ? JSON.stringify(reportJson(report), null, 2) : reportText(report))
    if (report.problems.count > 0) process.exitCode = 1
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog inspect repo.car', 'PDS_DID_PLC_URL=https://plc.directory skylog inspect repo.car --json'],
      '0 fine · 1 failed, or problems found · 2 wrong usage',
    )
  }
}
