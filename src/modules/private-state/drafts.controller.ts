import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard, ViewerGuard } from '../auth/viewer.guard.js'
import { Viewer } from '../auth/viewer.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { Input, Params, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { Drafts } from './drafts.js'
import { cursorAfter, placeOf } from './newest-first.js'

type Draft<Name extends string> = XrpcMethods[`app.bsky.draft.${Name}` & keyof XrpcMethods]

/** Drafts: app.bsky.draft. */
@Controller()
@UseGuards(ViewerGuard, SignedInGuard)
export class DraftsController {
  constructor(private readonly drafts: Drafts) {}

  @XrpcProcedure('app.bsky.draft.createDraft')
  async createDraft(
    @Viewer() { did }: Viewer,
    @Input() { draft }: Draft<'createDraft'>['input'],
  ): Promise<Draft<'createDraft'>['output']> {
    return { id: await this.drafts.create(did, draft) }
  }

  @XrpcProcedure('app.bsky.draft.updateDraft')
  async updateDraft(@Viewer() { did }: Viewer, @Input() { draft }: Draft<'updateDraft'>['input']): Promise<void> {
    await this.drafts.update(did, draft.id, draft.draft)
  }

  @XrpcProcedure('app.bsky.draft.deleteDraft')
  async deleteDraft(@Viewer() { did }: Viewer, @Input() { id }: Draft<'deleteDraft'>['input']): Promise<void> {
    await this.drafts.delete(did, id)
  }

  @XrpcQuery('app.bsky.draft.getDrafts')
  async getDrafts(
    @Viewer() { did }: Viewer,
    @Params() { limit = 50, cursor }: Draft<'getDrafts'>['params'],
  ): Promise<Draft<'getDrafts'>['output']> {
    const lines = await this.drafts.list(did, placeOf(cursor), limit + 1)
    const drafts = lines.slice(0, limit).map(({ view }) => view)
    return lines.length > limit ? { cursor: cursorAfter(lines[limit - 1]!.place), drafts } : { drafts }
  }
}
