import { Controller } from '@nestjs/common'
import type { XrpcMethods } from '../lexicon/types.js'
import { Params, XrpcQuery } from '../xrpc/xrpc.js'
import { LabelQueries } from './label-queries.js'

type QueryLabels = XrpcMethods['com.atproto.label.queryLabels']
type FetchLabels = XrpcMethods['com.atproto.temp.fetchLabels']

/** Labels are public. */
@Controller()
export class LabelsController {
  constructor(private readonly labels: LabelQueries) {}

  @XrpcQuery('com.atproto.label.queryLabels')
  queryLabels(
    @Params() { uriPatterns, sources = [], limit = 50, cursor }: QueryLabels['params'],
  ): Promise<QueryLabels['output']> {
    return this.labels.find({ patterns: uriPatterns, sources, limit, cursor })
  }

  @XrpcQuery('com.atproto.temp.fetchLabels')
  async fetchLabels(@Params() { since = 0, limit = 50 }: FetchLabels['params']): Promise<FetchLabels['output']> {
    return { labels: await this.labels.since(since, limit) }
  }
}
