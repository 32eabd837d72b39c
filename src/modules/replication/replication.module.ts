import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { OutboxModule } from '../outbox/outbox.module.js'
import { RepoModule } from '../repo/repo.module.js'
import { AddPeerHandler } from './add-peer.js'
import { AskingHosts } from './asking-hosts.js'
import { CrawlRequests } from './crawl-requests.js'
import { Crawlers } from './crawlers.js'
import { FollowHostHandler } from './follow-host.js'
import { FollowedHosts } from './followed-hosts.js'
import { HostsController } from './hosts.controller.js'
import { CommitJudge } from './commit-judge.js'
import { EventApplier } from './event-applier.js'
import { FollowedAccounts } from './followed-accounts.js'
import { ForeignAccounts } from './foreign-accounts.js'
import { ForeignCommits } from './foreign-commits.js'
import { ForeignHosts } from './foreign-hosts.js'
import { ForeignIdentities } from './foreign-identities.js'
import { HostScan } from './host-scan.js'
import { HostStreams } from './host-streams.js'
import { KnownRepos } from './known-repos.js'
import { MirrorFetch } from './mirror-fetch.js'
import { Mirrors } from './mirrors.js'
import { PeerFollower } from './peer-follower.js'
import { PeerIntake } from './peer-intake.js'
import { Patience } from './patience.js'
import { PeerStates } from './peer-states.js'
import { PeersController } from './peers.controller.js'
import { Peers } from './peers.js'
import { AcceptPushHandler } from './accept-push.js'
import { LookAtAccountHandler } from './look-at-account.js'
import { SyncModule } from '../sync/sync.module.js'
import { PeerPusher } from './peer-pusher.js'
import { Pushes } from './pushes.js'
import { RepoSender } from './repo-sender.js'
import { PushRates } from './push-rates.js'
import { SyncUpdateController } from './sync-update.controller.js'
import { Pulls } from './pulls.js'
import { ReceiveRepoHandler } from './receive-repo.js'
import { RemovePeerHandler } from './remove-peer.js'
import { RepoDownload } from './repo-download.js'
import { RepoFetcher } from './repo-fetcher.js'

/** Repositories of other servers kept here, and those here sent to other servers. */
@Module({
  imports: [CqrsModule, OutboxModule, RepoModule, SyncModule],
  controllers: [PeersController, HostsController, SyncUpdateController],
  providers: [
    Peers,
    PeerStates,
    Patience,
    AddPeerHandler,
    RemovePeerHandler,
    Mirrors,
    FollowedAccounts,
    ForeignIdentities,
    ForeignHosts,
    ForeignAccounts,
    ForeignCommits,
    KnownRepos,
    CommitJudge,
    PeerIntake,
    EventApplier,
    HostScan,
    HostStreams,
    PeerFollower,
    Pulls,
    RepoDownload,
    MirrorFetch,
    RepoFetcher,
    ReceiveRepoHandler,
    PushRates,
    RepoSender,
    PeerPusher,
    Pushes,
    AcceptPushHandler,
    LookAtAccountHandler,
    AskingHosts,
    FollowedHosts,
    FollowHostHandler,
    Crawlers,
    CrawlRequests,
  ],
  exports: [Peers, PeerStates],
})
export class ReplicationModule {}
