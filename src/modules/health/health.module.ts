import { Controller, Get, Module } from '@nestjs/common'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'

@Controller()
export class HealthController {
  constructor(
    private readonly config: Config,
    private readonly database: Database,
  ) {}

  /** Ready: the database answers. */
  @Get('/xrpc/_health')
  async health(): Promise<{ version: string }> {
    await this.database.read.get('SELECT 1')
    return { version: this.config.version }
  }
}

@Module({ controllers: [HealthController] })
export class HealthModule {}
