import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { Controller, Get, Logger, Module, type OnModuleInit, Res } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Config } from '../config/config.js'
import { packageRoot } from '../config/package-root.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { PAGES } from './pages.js'

const BUILT = join(packageRoot, 'console/dist')

/** Serves the web console (console/): one document for every page, and the files that it names. */
@Controller()
export class ConsoleController implements OnModuleInit {
  private readonly policy: string

  constructor(
    private readonly http: HttpAdapterHost,
    config: Config,
  ) {
    this.policy = contentPolicy(config.devMode)
  }

  onModuleInit(): void {
    // A command line has the rooms of a server, and no server.
    const fastify = this.http.httpAdapter?.getInstance<FastifyInstance>()
    if (!fastify) return
    if (!existsSync(BUILT)) return new Logger('Console').warn('The web console is not built: npm run build:console')
    // Not waited for: that would start the server up before anybody has said how errors are answered.
    void fastify.register(fastifyStatic, {
      root: join(BUILT, 'assets'),
      prefix: '/assets/',
      // Files are named after what is in them.
      immutable: true,
      maxAge: '365d',
      preCompressed: true,
      index: false,
    })
  }

  @Get(PAGES)
  async page(@Res() reply: FastifyReply): Promise<void> {
    if (!existsSync(BUILT))
      throw new XrpcError(404, 'NotFound', 'The web console is not built here: npm run build:console')
    reply.headers({
      'content-security-policy': this.policy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
    })
    await reply.sendFile('index.html', BUILT, { immutable: false, cacheControl: false })
  }
}

/**
 * What pages may do: scripts and styles of this server alone, nothing that is written into a page. They may speak with other
 * servers (an account that moves), and show images that views name.
 */
function contentPolicy(devMode: boolean): string {
  const local = devMode ? ' http://localhost:* ws://localhost:* http://127.0.0.1:* ws://127.0.0.1:*' : ''
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob: https:",
    "media-src 'self' blob: https:",
    `connect-src 'self' https: wss:${local}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

@Module({ controllers: [ConsoleController] })
export class ConsoleModule {}
