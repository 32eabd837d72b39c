import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

/** A device of an account, as the service that pushes to it knows it. */
export interface PushRegistration {
  serviceDid: string
  platform: string
  token: string
  appId: string
  ageRestricted?: boolean
}

const PLATFORMS = ['ios', 'android', 'web']
const MAX_TOKEN_BYTES = 4096
const MAX_APP_ID_BYTES = 256
/** Devices come and go, and most are never signed out of. */
const MAX_REGISTRATIONS = 50

/** Where accounts want to be pushed to. Kept for a service that pushes; none is part of this server. */
@Injectable()
export class PushRegistrations {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Beyond 50 devices the ones registered longest ago are forgotten. @throws XrpcError 400 InvalidRequest. */
  async add(viewer: Did, registration: PushRegistration): Promise<void> {
    check(registration)
    await this.database.write(async (tx) => {
      await tx.run(
        `INSERT INTO push_registration (did, service_did, platform, token, app_id, age_restricted, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (did, service_did, platform, token, app_id)
         DO UPDATE SET age_restricted = excluded.age_restricted, created_at = excluded.created_at`,
        ...keyOf(viewer, registration),
        registration.ageRestricted ? 1 : 0,
        this.clock.now(),
      )
      await tx.run(
        `DELETE FROM push_registration WHERE did = ? AND created_at <
           (SELECT created_at FROM push_registration WHERE did = ? ORDER BY created_at DESC LIMIT 1 OFFSET ?)`,
        viewer,
        viewer,
        MAX_REGISTRATIONS - 1,
      )
    })
  }

  /** @throws XrpcError 400 InvalidRequest. */
  async remove(viewer: Did, registration: PushRegistration): Promise<void> {
    check(registration)
    await this.database.write((tx) =>
      Promise.resolve(
        tx.run(
          `DELETE FROM push_registration
           WHERE did = ? AND service_did = ? AND platform = ? AND token = ? AND app_id = ?`,
          ...keyOf(viewer, registration),
        ),
      ),
    )
  }
}

function keyOf(viewer: Did, { serviceDid, platform, token, appId }: PushRegistration): string[] {
  return [viewer, serviceDid, platform, token, appId]
}

function check({ platform, token, appId }: PushRegistration): void {
  if (!PLATFORMS.includes(platform)) throw invalidRequest('Unsupported platform: must be "ios", "android", or "web".')
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) throw invalidRequest(`token is longer than ${MAX_TOKEN_BYTES} bytes`)
  if (Buffer.byteLength(appId) > MAX_APP_ID_BYTES)
    throw invalidRequest(`appId is longer than ${MAX_APP_ID_BYTES} bytes`)
}
