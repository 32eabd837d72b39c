import { Module } from '@nestjs/common'
import { AccountViews } from './account-views.js'
import { AccountsController } from './accounts.controller.js'
import { LabelQueries } from './label-queries.js'
import { LabelsController } from './labels.controller.js'
import { Labels } from './labels.js'
import { SubjectStatusController } from './subject-status.controller.js'
import { Takedowns } from './takedowns.js'

/** What is said about accounts and records, and what the operator does not show. None of it is in the log. */
@Module({
  controllers: [AccountsController, LabelsController, SubjectStatusController],
  providers: [AccountViews, LabelQueries, Labels, Takedowns],
  exports: [Labels, Takedowns],
})
export class ModerationModule {}
