import type { Config } from '../config/config.js'
import { CHECK_MS, type Check } from './check.js'
import { CHECKS } from './checks.js'
import { type Area, type AreaFinding, AREAS, type Finding, note, problem, reasonOf, warning } from './finding.js'
import type { Patient } from './patient.js'

export interface ExamineOptions {
  /** Null: all there are. */
  only: readonly Area[] | null
  /** Nobody else is asked anything. */
  offline: boolean
}

/**
 * Looks at everything at once, each in a bounded time and whatever becomes of the others, and tells it in the order of the
 * areas. Never throws for what it finds.
 */
export async function examine(patient: Patient, options: ExamineOptions): Promise<AreaFinding[]> {
  const chosen = CHECKS.filter(
    ({ area, applies }) => (options.only?.includes(area) ?? true) && (applies?.(patient.config) ?? true),
  )
  const found = await Promise.all(
    chosen.map(async (check): Promise<AreaFinding[]> => {
      const { area } = check
      const why = passedOver(check, patient, options)
      const findings = why === null ? await within(check, patient) : [note(`not looked at: ${why}`)]
      return findings.map((finding) => ({ area, ...finding }))
    }),
  )
  const all = found.flat()
  // Several checks of an area that are passed over are told of once.
  const told = new Set<string>()
  return AREAS.flatMap((area) => all.filter((finding) => finding.area === area)).filter(({ area, text }) => {
    const isNew = !told.has(`${area} ${text}`)
    told.add(`${area} ${text}`)
    return isNew
  })
}

/** Whether nobody outside is meant to reach this server: what it looks like from there is no problem then. */
export function isLocal({ hostname, devMode }: Pick<Config, 'hostname' | 'devMode'>): boolean {
  return hostname === 'localhost' || devMode
}

/** Why a check is not for this server, or not now; null where it is. */
function passedOver({ where }: Check, { config, running }: Patient, { offline }: ExamineOptions): string | null {
  if (where === 'here') return null
  if (offline) return 'nobody outside was to be asked'
  if (where !== 'front') return null
  if (config.hostname === 'localhost') return 'PDS_HOSTNAME is localhost, which nobody reaches from outside'
  return running ? null : 'no server is running that could answer'
}

async function within(check: Check, patient: Patient): Promise<Finding[]> {
  const stop = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => {
      stop.abort()
      resolve([
        warning(`this took more than ${CHECK_MS / 1000} s, and was given up`, 'Try it again, with this area alone.'),
      ])
    }, CHECK_MS)
  })
  try {
    const findings = await Promise.race([check.run(patient, stop.signal), late])
    return check.where === 'front' && isLocal(patient.config) ? findings.map(asNote) : findings
  } catch (error) {
    return [
      problem(
        `this could not be looked at: ${reasonOf(error)}`,
        'See what it says; the log of the server may have more.',
      ),
    ]
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

function asNote(finding: Finding): Finding {
  return finding.severity === 'ok' ? finding : { ...finding, severity: 'note' }
}
