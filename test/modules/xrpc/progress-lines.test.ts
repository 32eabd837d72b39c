/** Work that takes long, told line by line: what its end says to whoever asked, and to the log. */
import { text } from 'node:stream/consumers'
import { Logger, type LoggerService } from '@nestjs/common'
import { progressLines } from '../../../src/modules/xrpc/progress-lines.js'
import { invalidRequest } from '../../../src/modules/xrpc/xrpc-error.js'

const logged: unknown[] = []
beforeAll(() => {
  const log = { error: (message: unknown) => logged.push(message), log() {}, warn() {} }
  Logger.overrideLogger(log as unknown as LoggerService)
})
afterAll(() => Logger.overrideLogger(false))

async function linesOf(work: () => Promise<unknown>): Promise<unknown[]> {
  const lines = (await text(progressLines(work).getStream())).trim().split('\n')
  return lines.map((line) => JSON.parse(line) as unknown)
}

it('what came out is the last line', async () => {
  const stream = progressLines((onProgress) => {
    onProgress(1, 2)
    return Promise.resolve('done')
  }).getStream()
  expect(await text(stream)).toBe('{"done":1,"total":2}\n{"result":"done"}\n')
})

it('what was refused is told to whoever asked for it, and is no error of the server', async () => {
  expect(await linesOf(() => Promise.reject(invalidRequest('no such moment')))).toEqual([{ error: 'no such moment' }])
  expect(logged).toEqual([])
})

it('what went wrong is in the log as well', async () => {
  const broken = new Error('the disk is full')
  expect(await linesOf(() => Promise.reject(broken))).toEqual([{ error: 'the disk is full' }])
  expect(logged).toEqual([broken])
})
