import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { AccountModule } from '../account/account.module.js'
import { FirehoseModule } from '../firehose/firehose.module.js'
import { LexiconModule } from '../lexicon/lexicon.module.js'
import { OutboxModule } from '../outbox/outbox.module.js'
import { AccountViews } from './account-views.js'
import { AccountsController } from './accounts.controller.js'
import { CreateReportHandler } from './create-report.js'
import { LabelIntake } from './label-intake.js'
import { LabelIssuer } from './label-issuer.js'
import { LabelKey } from './label-key.js'
import { LabelLog } from './label-log.js'
import { LabelQueries } from './label-queries.js'
import { LabelSubscriptions } from './label-subscriptions.js'
import { LabelsAdminController } from './labels-admin.controller.js'
import { LabelsController } from './labels.controller.js'
import { Labels } from './labels.js'
import { ReportForwarding } from './report-forwarding.js'
import { ReportController } from './report.controller.js'
import { ReportsAdminController } from './reports-admin.controller.js'
import { Reports } from './reports.js'
import { SubjectStatusController } from './subject-status.controller.js'
import { SubscribeLabelsController } from './subscribe-labels.controller.js'
import { SubscribeLabels } from './subscribe-labels.js'
import { Takedowns } from './takedowns.js'

const LABELS = [LabelIntake, LabelIssuer, LabelKey, LabelLog, LabelQueries, Labels, LabelSubscriptions, SubscribeLabels]
const REPORTS = [CreateReportHandler, ReportForwarding, Reports]

/** What is said about accounts and records, what is reported, and what the operator does not show. None of it is in the log. */
@Module({
  imports: [AccountModule, CqrsModule, FirehoseModule, LexiconModule, OutboxModule],
  controllers: [
    AccountsController,
    LabelsAdminController,
    LabelsController,
    ReportController,
    ReportsAdminController,
    SubjectStatusController,
    SubscribeLabelsController,
  ],
  providers: [AccountViews, ...LABELS, ...REPORTS, Takedowns],
  exports: [LabelIssuer, Labels, Reports, Takedowns],
})
export class ModerationModule {}
