import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface AddOptions extends DataOptions {
  cid?: string
  expires?: string
  reason?: string
  json?: boolean
}

@SubCommand({
  name: 'add',
  arguments: '<subject> <value>',
  argsDescription: { subject: 'a handle, a DID, or the at-uri of a record', value: 'the label: spam, !hide, …' },
  description:
    'Set a label.\n\nIt is signed by this server, told to all who follow its labels, and in force in every view at once.',
})
@Takes(DATA, JSON_OUTPUT)
export class LabelAddCommand extends CommandRunner {
  async run([uri, val]: string[], { cid, expires: exp, reason, json, ...options }: AddOptions): Promise<void> {
    const { issueLabel } = await import('./moderate-anywhere.js')
    const label = { uri: uri!, val: val!, cid, exp }
    const { uri: subject, changed } = await issueLabel(label, reason, configOf(options))
    if (json) console.log(JSON.stringify({ uri: subject, val, changed }, null, 2))
    else console.log(changed ? `Labelled ${subject}: ${val}` : `${subject} has that label already`)
  }

  @Option({ flags: '--cid <cid>', description: 'only this version of the record' })
  cid(cid: string): string {
    return cid
  }

  @Option({ flags: '--expires <moment>', description: 'until when it holds, as 2027-01-31T12:00:00Z' })
  expires(moment: string): string {
    return moment
  }

  @Option({ flags: '--reason <text>', description: 'why, for the log of actions' })
  reason(text: string): string {
    return text
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog label add mallory.test spam --reason "forty posts a minute"',
        'skylog label add at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3k2yihcrp6f2c "!hide"',
      ],
      '0 labelled, or it was already · 1 failed · 2 wrong usage',
    )
  }
}
