import { Injectable } from '@nestjs/common'
import { BackupStatus } from '../backup/backup-status.js'
import { Mailer } from '../mail/mailer.js'
import { Outbox } from '../outbox/outbox.js'
import type { Figures } from './figures.js'

/** Kinds of promises at whose end there is a mail. */
const MAILS = new Set(['mail', 'code-mail'])

/** What has yet to get out of here: what is promised to others, and what is kept a second time. */
@Injectable()
export class OwedFigures {
  constructor(
    private readonly outbox: Outbox,
    private readonly mailer: Mailer,
    private readonly backups: BackupStatus,
  ) {}

  async figures(): Promise<Pick<Figures, 'outbox' | 'mail' | 'backup'>> {
    const outbox = await this.outbox.figures()
    const mails = outbox.filter(({ kind }) => MAILS.has(kind))
    return {
      outbox,
      mail: { available: this.mailer.isAvailable, waiting: mails.reduce((sum, { waiting }) => sum + waiting, 0) },
      backup: this.backups.figures(),
    }
  }
}
