import { Module } from '@nestjs/common'
import { BackupModule } from '../backup/backup.module.js'
import { FirehoseModule } from '../firehose/firehose.module.js'
import { HealthModule } from '../health/health.module.js'
import { MailModule } from '../mail/mail.module.js'
import { OutboxModule } from '../outbox/outbox.module.js'
import { ReplicationModule } from '../replication/replication.module.js'
import { XrpcModule } from '../xrpc/xrpc.module.js'
import { Counted } from './counted.js'
import { MetricsController } from './metrics.controller.js'
import { OwedFigures } from './owed-figures.js'
import { PeerFigures } from './peer-figures.js'
import { ProcessMonitor } from './process-monitor.js'
import { ServerFigures } from './server-figures.js'
import { StoredFigures } from './stored-figures.js'
import { TrafficFigures } from './traffic-figures.js'

/** How the server does, told to whoever watches over it. What is counted is counted by each room itself. */
@Module({
  imports: [BackupModule, FirehoseModule, HealthModule, MailModule, OutboxModule, ReplicationModule, XrpcModule],
  controllers: [MetricsController],
  providers: [Counted, OwedFigures, PeerFigures, ProcessMonitor, ServerFigures, StoredFigures, TrafficFigures],
  exports: [ServerFigures],
})
export class MetricsModule {}
