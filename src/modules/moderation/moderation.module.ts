import { Module } from '@nestjs/common'
import { AccountViews } from './account-views.js'
import { AccountsController } from './accounts.controller.js'
import { FirehoseModule } from '../firehose/firehose.module.js'
import { LexiconModule } from '../lexicon/lexicon.module.js'
import { LabelIssuer } from './label-issuer.js'
import { LabelKey } from './label-key.js'
import { LabelLog } from './label-log.js'
import { LabelQueries } from './label-queries.js'
import { LabelsAdminController } from './labels-admin.controller.js'
import { LabelsController } from './labels.controller.js'
import { Labels } from './labels.js'
import { SubjectStatusController } from './subject-status.controller.js'
import { SubscribeLabelsController } from './subscribe-labels.controller.js'
import { SubscribeLabels } from './subscribe-labels.js'
import { Takedowns } from './takedowns.js'

/** What is said about accounts and records, and what the operator does not show. None of it is in the log. */
@Module({
  imports: [FirehoseModule, LexiconModule],
  controllers: [
    AccountsController,
    LabelsAdminController,
    LabelsController,
    SubjectStatusController,
    SubscribeLabelsController,
  ],
  providers: [AccountViews, LabelIssuer, LabelKey, LabelLog, LabelQueries, Labels, SubscribeLabels, Takedowns],
  exports: [LabelIssuer, Labels, Takedowns],
})
export class ModerationModule {}
