import type { Readable } from 'node:stream'
import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, UseGuards } from '@nestjs/common'
import { RouteConfig } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import { AdminGuard } from '../auth/guards.js'
import { STREAMED } from '../xrpc/bodies.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { Arrivals } from './arrivals.js'
import { Doctor } from './doctor.js'
import { type AreaFinding, AREAS, parseAreas } from './finding.js'

/** Largest body that is looked at. */
const MAX_BYTES = 8 * 1024 * 1024

/** What the operator is told of the health of this server. */
@Controller('admin/doctor')
export class DoctorController {
  constructor(
    private readonly doctor: Doctor,
    private readonly arrivals: Arrivals,
  ) {}

  /** `only`: areas, with commas between; `offline`: `true`, and nobody else is asked anything. Takes some seconds. */
  @Get()
  @UseGuards(AdminGuard)
  async examine(
    @Query('only') only: string | undefined,
    @Query('offline') offline: string | undefined,
  ): Promise<{ findings: AreaFinding[] }> {
    const areas = only === undefined ? null : parseAreas(String(only))
    if (areas?.length === 0) throw invalidRequest(`only: areas of ${AREAS.join(', ')}`)
    return { findings: await this.doctor.examine({ only: areas, offline: offline === 'true' }) }
  }

  /** A request of this server's to itself, over whatever stands before it. Nobody else knows what to call it by. */
  @Post('arrivals/:token')
  @HttpCode(204)
  @RouteConfig(STREAMED)
  async arrived(
    @Param('token') token: string,
    @Req() { raw }: FastifyRequest,
    @Body() body: Readable | undefined,
  ): Promise<void> {
    if (!this.arrivals.isExpected(token)) throw new XrpcError(404, 'NotFound', 'nobody waits for this')
    let bytes = 0
    for await (const piece of (body ?? []) as AsyncIterable<Buffer>)
      if ((bytes += piece.length) > MAX_BYTES) throw new XrpcError(413, 'PayloadTooLarge', 'Request body is too large')
    const forwardedFor = raw.headers['x-forwarded-for']
    this.arrivals.note(token, {
      connected: raw.socket.remoteAddress ?? '',
      forwardedFor: forwardedFor === undefined ? null : String(forwardedFor),
      bytes,
    })
  }
}
