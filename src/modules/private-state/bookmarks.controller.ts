import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard, ViewerGuard } from '../auth/viewer.guard.js'
import { Viewer } from '../auth/viewer.js'
import { POST } from '../lexicon/collections.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { Input, XrpcProcedure } from '../xrpc/xrpc.js'
import { Bookmarks } from './bookmarks.js'
import { Subjects } from './subjects.js'

const OTHER_COLLECTION = 'UnsupportedCollection'

/** The procedures of app.bsky.bookmark. */
@Controller()
@UseGuards(ViewerGuard, SignedInGuard)
export class BookmarksController {
  constructor(
    private readonly bookmarks: Bookmarks,
    private readonly subjects: Subjects,
  ) {}

  @XrpcProcedure('app.bsky.bookmark.createBookmark')
  async createBookmark(
    @Viewer() { did }: Viewer,
    @Input() { uri, cid }: XrpcMethods['app.bsky.bookmark.createBookmark']['input'],
  ): Promise<void> {
    await this.bookmarks.add(did, await this.subjects.record(uri, POST, OTHER_COLLECTION), cid)
  }

  @XrpcProcedure('app.bsky.bookmark.deleteBookmark')
  async deleteBookmark(
    @Viewer() { did }: Viewer,
    @Input() { uri }: XrpcMethods['app.bsky.bookmark.deleteBookmark']['input'],
  ): Promise<void> {
    await this.bookmarks.remove(did, await this.subjects.record(uri, POST, OTHER_COLLECTION))
  }
}
