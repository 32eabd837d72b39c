import { Global, Module } from '@nestjs/common'
import { ActionLog } from './action-log.js'
import { ActionsController } from './actions.controller.js'

/** What was done here by the operator and by moderators. Global, because every room has something to note. */
@Global()
@Module({ controllers: [ActionsController], providers: [ActionLog], exports: [ActionLog] })
export class AuditModule {}
