import type { Check } from './check.js'
import { BACKUP } from './checks/backup.js'
import { BLOBS } from './checks/blobs.js'
import { CLOCK } from './checks/clock.js'
import { CONFIGURATION } from './checks/configuration.js'
import { DATABASE } from './checks/database.js'
import { DISK } from './checks/disk.js'
import { KEYS } from './checks/keys.js'
import { LOG } from './checks/log.js'
import { MAIL } from './checks/mail.js'
import { NAMES } from './checks/names.js'
import { OUTBOX } from './checks/outbox.js'
import { PEERS } from './checks/peers.js'
import { PLC } from './checks/plc.js'
import { PROJECTIONS } from './checks/projections.js'
import { PROXY } from './checks/proxy.js'
import { RELAYS } from './checks/relays.js'
import { TLS } from './checks/tls.js'

/** Everything that is looked at. */
export const CHECKS: readonly Check[] = [
  ...[CONFIGURATION, CLOCK, DISK, DATABASE, LOG, PROJECTIONS, KEYS, BLOBS, BACKUP, OUTBOX, PEERS].flat(),
  ...[NAMES, TLS, PROXY, MAIL, PLC, RELAYS].flat(),
]
