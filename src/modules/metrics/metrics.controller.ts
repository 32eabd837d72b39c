import { Controller, Get, Header, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../auth/guards.js'
import { Config } from '../config/config.js'
import { CONTENT_TYPE, exposition } from './exposition.js'
import type { Figures } from './figures.js'
import { MetricsGuard } from './metrics.guard.js'
import { ServerFigures } from './server-figures.js'
import { type Setting, settingsInForce } from './settings.js'

/** How the server does, for those who watch over it. */
@Controller()
export class MetricsController {
  constructor(
    private readonly server: ServerFigures,
    private readonly config: Config,
  ) {}

  /** As Prometheus reads it (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  @Get('/metrics')
  @UseGuards(MetricsGuard)
  @Header('content-type', CONTENT_TYPE)
  async metrics(): Promise<string> {
    return exposition(await this.server.read())
  }

  /** The same as data, with every subscriber. */
  @Get('/admin/figures')
  @UseGuards(AdminGuard)
  figures(): Promise<Figures> {
    return this.server.read()
  }

  /** The settings in force, and where each comes from. */
  @Get('/admin/settings')
  @UseGuards(AdminGuard)
  settings(): { settings: Setting[] } {
    return { settings: settingsInForce(this.config) }
  }
}
