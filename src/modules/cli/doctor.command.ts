import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { ConfigError } from '../config/config.js'
import { type Area, type AreaFinding, AREAS, parseAreas, type Severity } from '../doctor/finding.js'
import { counted } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'
import type { Diagnosis } from './doctor-anywhere.js'

interface DoctorOptions extends DataOptions {
  only?: string
  offline?: boolean
  json?: boolean
}

@Command({
  name: 'doctor',
  description:
    'Say what is the matter with the server, and what to do about it.\n\n' +
    'Looks at the settings, the clock, the disk, the log and what follows from it, keys, blobs, backups, what is owed, peers, and at ' +
    'what others see of this server: its names, certificate and proxy, the mail server, the directory of identities, the ' +
    'relays. Nothing is changed. Where a server runs on the data directory, that one is examined from the inside; where none ' +
    'does, what needs one is passed over. Each check takes some seconds at most, all of them together as long.',
})
@Takes(DATA, JSON_OUTPUT)
export class DoctorCommand extends CommandRunner {
  async run(_: string[], options: DoctorOptions): Promise<void> {
    const only = options.only === undefined ? null : parseAreas(options.only)
    if (only?.length === 0) throw new WrongUsage(`--only: areas of ${AREAS.join(', ')}, with commas between`)
    const diagnosis = await this.diagnose(options, only)
    const counts = countsOf(diagnosis.findings)
    if (options.json) console.log(JSON.stringify({ ...diagnosis, counts }, null, 2))
    else console.log(diagnosisText(diagnosis, counts))
    if (counts.problem > 0) process.exitCode = 1
  }

  /** Settings that cannot be used are a finding like any other. */
  private async diagnose(options: DoctorOptions, only: Area[] | null): Promise<Diagnosis> {
    try {
      const config = configOf(options)
      const { diagnose } = await import('./doctor-anywhere.js')
      return await diagnose(config, { only, offline: options.offline ?? false })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const advice = 'Correct it; README.md has all settings. Nothing else was looked at.'
      return { running: false, findings: [{ area: 'config', severity: 'problem', text: error.message, advice }] }
    }
  }

  @Option({ flags: '--only <areas>', description: 'some areas alone, with commas between', choices: [...AREAS] })
  only(areas: string): string {
    return areas
  }

  @Option({ flags: '--offline', description: 'ask no other server anything' })
  offline(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog doctor', 'skylog doctor --only dns,tls,proxy', 'skylog doctor --offline --json'],
      '0 no problems, though there may be warnings · 1 problems found, or failed · 2 wrong usage',
    )
  }
}

type Counts = Record<Severity, number>

function countsOf(findings: readonly AreaFinding[]): Counts {
  const counts: Counts = { ok: 0, note: 0, warning: 0, problem: 0 }
  for (const { severity } of findings) counts[severity]++
  return counts
}

function diagnosisText({ running, findings }: Diagnosis, counts: Counts): string {
  const width = Math.max(...findings.map(({ area }) => area.length))
  const lines = findings.flatMap(({ area, severity, text, advice }) => {
    const line = `${severity.padEnd('problem'.length)}  ${area.padEnd(width)}  ${text}`
    return advice === null ? [line] : [line, `${' '.repeat('problem'.length + width + 4)}→ ${advice}`]
  })
  const sum = [
    counted(counts.problem, 'problem'),
    counted(counts.warning, 'warning'),
    counted(counts.note, 'note'),
    `${counts.ok} fine`,
  ]
  const who = running ? 'As the running server sees it' : 'No server was asked'
  return [...lines, '', `${who}: ${sum.join(', ')}`].join('\n')
}
