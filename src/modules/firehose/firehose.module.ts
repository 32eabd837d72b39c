import { Module } from '@nestjs/common'
import { LexiconModule } from '../lexicon/lexicon.module.js'
import { StreamServer } from './stream-server.js'
import { SubscribeRepos } from './subscribe-repos.js'
import { SubscribeReposController } from './subscribe-repos.controller.js'

/** The log as a stream. */
@Module({
  imports: [LexiconModule],
  controllers: [SubscribeReposController],
  providers: [StreamServer, SubscribeRepos],
  exports: [StreamServer],
})
export class FirehoseModule {}
