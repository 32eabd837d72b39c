import { Module } from '@nestjs/common'
import { OutboxModule } from '../outbox/outbox.module.js'
import { MailTest } from './mail-test.js'
import { Mailer } from './mailer.js'

@Module({ imports: [OutboxModule], providers: [Mailer, MailTest], exports: [Mailer, MailTest] })
export class MailModule {}
