import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard, ViewerGuard } from '../auth/viewer.guard.js'
import { Viewer } from '../auth/viewer.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { Input, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { type Preference, Preferences } from './preferences.js'

type GetPreferences = XrpcMethods['app.bsky.actor.getPreferences']
type PutPreferences = XrpcMethods['app.bsky.actor.putPreferences']

/** The preferences of app.bsky.actor. */
@Controller()
@UseGuards(ViewerGuard, SignedInGuard)
export class PreferencesController {
  constructor(private readonly preferences: Preferences) {}

  @XrpcQuery('app.bsky.actor.getPreferences')
  async getPreferences(@Viewer() viewer: Viewer): Promise<GetPreferences['output']> {
    const preferences = await this.preferences.of(viewer.did, isOwner(viewer))
    // Checked by the lexicon when they came; its union is open, which its type does not say.
    return { preferences: preferences as unknown as GetPreferences['output']['preferences'] }
  }

  @XrpcProcedure('app.bsky.actor.putPreferences')
  async putPreferences(@Viewer() viewer: Viewer, @Input() { preferences }: PutPreferences['input']): Promise<void> {
    await this.preferences.put(viewer.did, preferences as unknown as Preference[], isOwner(viewer))
  }
}

/** A service token says nothing of the session behind it, so it is trusted as far as an app password. */
function isOwner({ scope }: Viewer): boolean {
  return scope === 'com.atproto.access'
}
