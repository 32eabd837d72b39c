import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'

interface ResolveOptions extends DataOptions {
  note?: string
  json?: boolean
}

@SubCommand({
  name: 'resolve',
  arguments: '<numbers...>',
  argsDescription: { numbers: 'of reports, as report list shows them' },
  description: 'Close reports.\n\nNobody is told; what was reported stays as it is.',
})
@Takes(DATA, JSON_OUTPUT)
export class ReportResolveCommand extends CommandRunner {
  async run(numbers: string[], { note, json, ...options }: ResolveOptions): Promise<void> {
    const ids = numbers.map((text) => Number(text.replace(/^#/, '')))
    if (!ids.every((id) => Number.isSafeInteger(id) && id > 0)) throw new WrongUsage('expected numbers of reports')
    const { resolveReports } = await import('./moderate-anywhere.js')
    const resolved = await resolveReports(ids, note ?? null, configOf(options))
    const others = ids.filter((id) => !resolved.includes(id))
    if (json) console.log(JSON.stringify({ resolved }, null, 2))
    else {
      if (resolved.length > 0) console.log(`Resolved ${resolved.map((id) => `#${id}`).join(', ')}`)
      if (others.length > 0) console.log(`Not open: ${others.map((id) => `#${id}`).join(', ')}`)
    }
  }

  @Option({ flags: '--note <text>', description: 'what came of it' })
  note(text: string): string {
    return text
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog report resolve 12 13 --note "labelled as spam"'],
      '0 resolved, or they were not open · 1 failed · 2 wrong usage',
    )
  }
}
