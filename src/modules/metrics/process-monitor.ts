import {
  constants,
  type EventLoopUtilization,
  monitorEventLoopDelay,
  performance,
  PerformanceObserver,
} from 'node:perf_hooks'
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import type { EventLoopFigures, ProcessFigures as Figures } from './figures.js'

/** How long the moment is that a delay and a utilization are of. */
const WINDOW_MS = 10_000
/** How often it is looked how late a timer is. */
const RESOLUTION_MS = 20
const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
}

/** What Node tells of itself. Servers that share a process each see all of it. */
@Injectable()
export class ProcessMonitor implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  private readonly gc = new Map(Object.values(KINDS).map((kind) => [kind, { kind, count: 0, seconds: 0 }]))
  private readonly collections = new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries() as unknown as GcEntry[]) {
      const kind = this.gc.get(KINDS[detail.kind] ?? '')
      if (!kind) continue
      kind.count++
      kind.seconds += duration / 1000
    }
  })
  private timer: NodeJS.Timeout | undefined
  private utilization: EventLoopUtilization = performance.eventLoopUtilization()
  private last: Pick<EventLoopFigures, 'delay' | 'utilization'> | null = null

  onApplicationBootstrap(): void {
    this.delays.enable()
    this.collections.observe({ entryTypes: ['gc'] })
    this.timer = setInterval(() => (this.last = this.endWindow()), WINDOW_MS).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
    this.delays.disable()
    this.collections.disconnect()
  }

  figures(): Figures {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    const { active, idle } = performance.eventLoopUtilization()
    return {
      memory: { resident: rss, heapUsed, heapTotal, external },
      cpu: { user: user / 1e6, system: system / 1e6 },
      // Before the first window has ended, what there is of it.
      eventLoop: { ...(this.last ?? this.window()), activeSeconds: active / 1000, idleSeconds: idle / 1000 },
      gc: [...this.gc.values()].map((kind) => ({ ...kind })),
    }
  }

  private window(): Pick<EventLoopFigures, 'delay' | 'utilization'> {
    const { delays } = this
    return {
      delay: {
        mean: late(delays.count > 0 ? delays.mean : 0),
        p50: late(delays.percentile(50)),
        p99: late(delays.percentile(99)),
        max: late(delays.count > 0 ? delays.max : 0),
      },
      utilization: performance.eventLoopUtilization(this.utilization).utilization,
    }
  }

  private endWindow(): Pick<EventLoopFigures, 'delay' | 'utilization'> {
    const window = this.window()
    this.delays.reset()
    this.utilization = performance.eventLoopUtilization()
    return window
  }
}

interface GcEntry {
  duration: number
  detail: { kind: number }
}

/** Seconds beyond those that a timer was set for, of nanoseconds between two looks. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000)
}
