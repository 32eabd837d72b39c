import { PassThrough } from 'node:stream'
import { Logger, StreamableFile } from '@nestjs/common'
import { XrpcError } from './xrpc-error.js'

/** How often a client hears of work that takes long. */
const LINE_MS = 200

/** What a line says: how far the work has come, what came out, or why nothing did. */
export type ProgressLine<Result> = { done: number; total: number } | { result: Result } | { error: string }

/**
 * The answer to a request for work that takes long: JSON lines ({@link ProgressLine}), the last of which has the result or
 * the error. The work goes on when nobody listens any more.
 */
export function progressLines<Result>(
  work: (onProgress: (done: number, total: number) => void) => Promise<Result>,
): StreamableFile {
  const lines = new PassThrough()
  const say = (line: ProgressLine<Result>): void => void (lines.destroyed || lines.write(`${JSON.stringify(line)}\n`))
  let next = 0
  const onProgress = (done: number, total: number): void => {
    if (performance.now() < next) return
    next = performance.now() + LINE_MS
    say({ done, total })
  }
  void work(onProgress)
    .then(
      (result) => say({ result }),
      (error: unknown) => {
        // What was refused, whoever asked for it is told; it is no fault of the server.
        if (!(error instanceof XrpcError && error.status < 500)) new Logger('Admin').error(error)
        say({ error: error instanceof Error ? error.message : String(error) })
      },
    )
    .finally(() => lines.end())
  return new StreamableFile(lines, { type: 'application/jsonl' })
}
