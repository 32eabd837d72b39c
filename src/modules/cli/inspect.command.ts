import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, KEY, REPO_ARGUMENT, Takes } from './options.js'
import { problemsText, reportJson, reportText } from './report-text.js'

interface InspectOptions extends DataOptions {
  json?: boolean
  key?: string
  html?: string
}

@Command({
  name: 'inspect',
  arguments: '<repo>',
  argsDescription: { repo: REPO_ARGUMENT },
  description:
    'Describe a repository in the data directory or in a CAR file.\n\n' +
    'Shows its commit and signature, collections with counts, the shape of its tree layer by layer, sizes, what was written ' +
    'when, the history of commits where a file has one, and problems found. --html makes a page of it, with the tree as a ' +
    'picture and the records in it: one file, which a browser opens from the disk. The server may be running.',
})
@Takes(KEY, DATA, JSON_OUTPUT)
export class InspectCommand extends CommandRunner {
  async run([target]: string[], options: InspectOptions): Promise<void> {
    const [{ reportOn }, { assertPageFits, writePage }] = await Promise.all([
      import('./repo-report.js'),
      import('./inspect-html.js'),
    ])
    const { html, key } = options
    if (html !== undefined) assertPageFits(html)
    const report = await reportOn(target!, configOf(options), { key, foldLog: false, draw: html !== undefined })
    if (html !== undefined) writePage(html, report)
    if (options.json) console.log(JSON.stringify(reportJson(report), null, 2))
    else console.log(html === undefined ? reportText(report) : `Wrote ${html}\n${problemsText(report)}`)
    if (report.problems.count > 0) process.exitCode = 1
  }

  @Option({ flags: '--html <file>', description: 'write a page with the figures, the tree and its records' })
  html(file: string): string {
    return file
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog inspect repo.car',
        'skylog inspect did:plc:ewvi7nxzyoun6zhxrhs64oiz --html repo.html',
        'PDS_DID_PLC_URL=https://plc.directory skylog inspect repo.car --json',
      ],
      '0 fine · 1 failed, or problems found · 2 wrong usage',
    )
  }
}
