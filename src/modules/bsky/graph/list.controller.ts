import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard } from '../../auth/viewer.guard.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext, type SignedInContext } from '../context.js'
import { Lists } from './lists.js'
import { OwnLines } from './own-lines.js'
import { BskyReads } from '../repo-rev.js'

type Method<Name extends string> = XrpcMethods[`app.bsky.graph.${Name}` & keyof XrpcMethods]
type ParamsOf<Name extends string> = Method<Name>['params']
type Out<Name extends string> = Promise<Method<Name>['output']>

/** The queries of app.bsky.graph about lists. */
@Controller()
@BskyReads()
export class ListController {
  constructor(
    private readonly lists: Lists,
    private readonly own: OwnLines,
  ) {}

  @XrpcQuery('app.bsky.graph.getList')
  getList(@Context() context: ReadContext, @Params() params: ParamsOf<'getList'>): Out<'getList'> {
    return this.lists.one(context, params)
  }

  @XrpcQuery('app.bsky.graph.getLists')
  async getLists(@Context() context: ReadContext, @Params() params: ParamsOf<'getLists'>): Out<'getLists'> {
    const { views, ...rest } = await this.lists.byActor(context, params)
    return { lists: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getListsWithMembership')
  @UseGuards(SignedInGuard)
  async getListsWithMembership(
    @Context() context: SignedInContext,
    @Params() params: ParamsOf<'getListsWithMembership'>,
  ): Out<'getListsWithMembership'> {
    const { views, ...rest } = await this.lists.withMembership(context, params)
    return { listsWithMembership: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getListBlocks')
  @UseGuards(SignedInGuard)
  async getListBlocks(
    @Context() context: SignedInContext,
    @Params() { limit, cursor }: ParamsOf<'getListBlocks'>,
  ): Out<'getListBlocks'> {
    const { views, ...rest } = await this.own.listBlocks(context, limit, cursor)
    return { lists: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getListMutes')
  @UseGuards(SignedInGuard)
  async getListMutes(
    @Context() context: SignedInContext,
    @Params() { limit, cursor }: ParamsOf<'getListMutes'>,
  ): Out<'getListMutes'> {
    const { views, ...rest } = await this.own.mutedLists(context, limit, cursor)
    return { lists: views, ...rest }
  }
}
