import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface RemoveOptions extends DataOptions {
  cid?: string
  reason?: string
  json?: boolean
}

@SubCommand({
  name: 'remove',
  arguments: '<subject> <value>',
  argsDescription: { subject: 'a handle, a DID, or the at-uri of a record', value: 'a label that it has' },
  description: 'Take a label back.\n\nAll who follow the labels of this server are told.',
})
@Takes(DATA, JSON_OUTPUT)
export class LabelRemoveCommand extends CommandRunner {
  async run([uri, val]: string[], { cid, reason, json, ...options }: RemoveOptions): Promise<void> {
    const { issueLabel } = await import('./moderate-anywhere.js')
    const label = { uri: uri!, val: val!, cid, neg: true }
    const { uri: subject, changed } = await issueLabel(label, reason, configOf(options))
    if (json) console.log(JSON.stringify({ uri: subject, val, changed }, null, 2))
    else console.log(changed ? `Took ${val} back from ${subject}` : `${subject} has no such label of this server`)
  }

  @Option({ flags: '--cid <cid>', description: 'the label on this version of the record' })
  cid(cid: string): string {
    return cid
  }

  @Option({ flags: '--reason <text>', description: 'why, for the log of actions' })
  reason(text: string): string {
    return text
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog label remove mallory.test spam'],
      '0 taken back, or it was not there · 1 failed · 2 wrong usage',
    )
  }
}
