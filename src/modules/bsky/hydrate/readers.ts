import { Injectable } from '@nestjs/common'
import { Actors } from './actors.js'
import { PostViewers } from './post-viewers.js'
import { Posts } from './posts.js'
import { Relationships } from './relationships.js'
import { Things } from './things.js'

/** Whoever reads for a hydration, one for each kind of thing. */
@Injectable()
export class EveryReader {
  constructor(
    readonly actors: Actors,
    readonly posts: Posts,
    readonly relationships: Relationships,
    readonly postViewers: PostViewers,
    readonly things: Things,
  ) {}
}
