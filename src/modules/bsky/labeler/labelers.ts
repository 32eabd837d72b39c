import { Injectable } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { labelerView, labelerViewDetailed } from '../views/thing-view.js'

type View = XrpcMethods['app.bsky.labeler.getServices']['output']['views'][number]

/** Labeler services as they declare themselves. */
@Injectable()
export class Labelers {
  constructor(private readonly hydrator: Hydrator) {}

  /** Those of the DIDs that are labelers and shown, in their order; each once. */
  async read(context: ReadContext, dids: readonly string[], detailed: boolean): Promise<View[]> {
    const distinct = [...new Set(dids)]
    const h = await this.hydrator.hydrate(context, { labelers: distinct })
    return distinct.flatMap((did): View[] => {
      const uri = `at://${did}/app.bsky.labeler.service/self`
      if (detailed) {
        const view = labelerViewDetailed(uri, h)
        return view ? [{ ...view, $type: 'app.bsky.labeler.defs#labelerViewDetailed' }] : []
      }
      const view = labelerView(uri, h)
      return view ? [{ ...view, $type: 'app.bsky.labeler.defs#labelerView' }] : []
    })
  }
}
