import { LogAndRepos1700000000001 } from './0001-log-and-repos.js'
import { Accounts1700000000002 } from './0002-accounts.js'
import { Identity1700000000003 } from './0003-identity.js'
import { Projections1700000000004 } from './0004-projections.js'
import { PrivateState1700000000005 } from './0005-private-state.js'
import { Rebuild1700000000006 } from './0006-rebuild.js'
import { Replication1700000000007 } from './0007-replication.js'
import { StatusAndCodes1700000000008 } from './0008-status-and-codes.js'
import { Credentials1700000000009 } from './0009-credentials.js'
import { SecondFactors1700000000010 } from './0010-second-factors.js'
import { IdentityLife1700000000011 } from './0011-identity-life.js'
import { Blobs1700000000012 } from './0012-blobs.js'
import { Moderation1700000000013 } from './0013-moderation.js'
import { UnreadReferences1700000000014 } from './0014-unread-references.js'
import { OutboxAge1700000000015 } from './0015-outbox-age.js'

/** Every migration, in the order in which they run. A new one is added at the end; a released one never changes. */
export const migrations = [
  LogAndRepos1700000000001,
  Accounts1700000000002,
  Identity1700000000003,
  Projections1700000000004,
  PrivateState1700000000005,
  Rebuild1700000000006,
  Replication1700000000007,
  StatusAndCodes1700000000008,
  Credentials1700000000009,
  SecondFactors1700000000010,
  IdentityLife1700000000011,
  Blobs1700000000012,
  Moderation1700000000013,
  UnreadReferences1700000000014,
  OutboxAge1700000000015,
]
