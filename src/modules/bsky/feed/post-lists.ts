import { Injectable } from '@nestjs/common'
import type { AppBskyFeedDefsPostView } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { postView } from '../views/post-view.js'

/** Posts by name. */
@Injectable()
export class PostLists {
  constructor(private readonly hydrator: Hydrator) {}

  /** Those of the posts that are shown, in their order; each once. */
  async byUri(context: ReadContext, uris: readonly string[]): Promise<AppBskyFeedDefsPostView[]> {
    const distinct = [...new Set(uris)]
    const hydration = await this.hydrator.hydrate(context, { posts: distinct })
    return distinct.flatMap((uri) => {
      const did = hydration.posts.get(uri)?.did
      return did === undefined || blocks(hydration.relationships.get(did)) ? [] : (postView(uri, hydration) ?? [])
    })
  }
}
