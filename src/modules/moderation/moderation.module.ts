import { Module } from '@nestjs/common'
import { LabelQueries } from './label-queries.js'
import { LabelsController } from './labels.controller.js'
import { Labels } from './labels.js'
import { SubjectStatusController } from './subject-status.controller.js'
import { Takedowns } from './takedowns.js'

/** What is said about accounts and records, and what the operator does not show. None of it is in the log. */
@Module({
  controllers: [LabelsController, SubjectStatusController],
  providers: [LabelQueries, Labels, Takedowns],
  exports: [Labels, Takedowns],
})
export class ModerationModule {}
