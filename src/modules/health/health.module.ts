import { Controller, Get, Module, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { Readiness, type Unready } from './readiness.js'

/** For those who ask whether the server is well: people, load balancers, and what starts it again when it is not. */
@Controller()
export class HealthController {
  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly readiness: Readiness,
  ) {}

  /** As the official server has it: the database answers. */
  @Get('/xrpc/_health')
  async health(): Promise<{ version: string }> {
    await this.database.read.get('SELECT 1')
    return { version: this.config.version }
  }

  /** 503 where nothing but a restart helps: it answers nobody, or its writer is stuck. */
  @Get('/livez')
  live(@Res({ passthrough: true }) reply: FastifyReply): { live: boolean; message?: string } {
    const seconds = this.readiness.stuckSeconds()
    if (seconds === null) return { live: true }
    reply.status(503)
    return { live: false, message: `a write has been waiting for ${Math.floor(seconds)} s` }
  }

  /** 503 with the reasons where requests are better sent elsewhere, or a little later. */
  @Get('/readyz')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<{ ready: boolean; reasons: Unready[] }> {
    const reasons = await this.readiness.unready()
    if (reasons.length > 0) reply.status(503)
    return { ready: reasons.length === 0, reasons }
  }
}

@Module({ controllers: [HealthController], providers: [Readiness], exports: [Readiness] })
export class HealthModule {}
