import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { RepoModule } from '../repo/repo.module.js'
import { AddPeerHandler } from './add-peer.js'
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
import { PeerStates } from './peer-states.js'
import { PeersController } from './peers.controller.js'
import { Peers } from './peers.js'
import { Pulls } from './pulls.js'
import { ReceiveRepoHandler } from './receive-repo.js'
import { RemovePeerHandler } from './remove-peer.js'
import { RepoDownload } from './repo-download.js'
import { RepoFetcher } from './repo-fetcher.js'

/** Repositories of other servers kept here, and those here sent to other servers. */
@Module({
  imports: [CqrsModule, RepoModule],
  controllers: [PeersController],
  providers: [
    Peers,
    PeerStates,
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
  ],
  exports: [Peers, PeerStates],
})
export class ReplicationModule {}
