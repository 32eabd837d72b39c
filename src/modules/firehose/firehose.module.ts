import { Module } from '@nestjs/common'
import { LexiconModule } from '../lexicon/lexicon.module.js'
import { EventReader } from './jetstream/event-reader.js'
import { Jetstream } from './jetstream/jetstream.js'
import { JetstreamController } from './jetstream/jetstream.controller.js'
import { StreamServer } from './stream-server.js'
import { SubscribeRepos } from './subscribe-repos.js'
import { SubscribeReposController } from './subscribe-repos.controller.js'

/** The log as a stream: as it is, and as JSON. */
@Module({
  imports: [LexiconModule],
  controllers: [SubscribeReposController, JetstreamController],
  providers: [StreamServer, SubscribeRepos, EventReader, Jetstream],
  exports: [StreamServer],
})
export class FirehoseModule {}
