import { Injectable } from '@nestjs/common'
import { examine, type ExamineOptions } from './examine.js'
import type { AreaFinding } from './finding.js'
import { Patient } from './patient.js'

/** Examines the server that it runs in. */
@Injectable()
export class Doctor {
  /** Under way, by what was asked for. */
  private readonly underWay = new Map<string, Promise<AreaFinding[]>>()

  constructor(private readonly patient: Patient) {}

  /** As {@link examine}; whoever asks for the same meanwhile is told the same. */
  examine(options: ExamineOptions): Promise<AreaFinding[]> {
    const key = JSON.stringify(options)
    let findings = this.underWay.get(key)
    if (!findings) {
      findings = examine(this.patient, options).finally(() => this.underWay.delete(key))
      this.underWay.set(key, findings)
    }
    return findings
  }
}
