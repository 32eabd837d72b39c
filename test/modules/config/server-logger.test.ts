import { ServerLogger } from '../../../src/modules/config/server-logger.js'

/** What is written to the process's own outputs meanwhile. */
function written(act: () => void): string {
  let text = ''
  const streams = [process.stdout, process.stderr]
  const originals = streams.map((stream) => stream.write)
  for (const stream of streams) stream.write = ((piece: string) => ((text += piece), true)) as typeof stream.write
  try {
    act()
  } finally {
    for (const [i, stream] of streams.entries()) stream.write = originals[i]!
  }
  return text
}

it('40. a message is one line, whatever somebody else has put into it', () => {
  const logger = new ServerLogger()
  const evil = 'no such host: a\r\n[Nest] 1 - LOG [Auth] admin signed in\u001b[2J\u0000\u009b1m\u2028'
  for (const level of ['log', 'warn', 'error', 'fatal'] as const) {
    const text = written(() => logger[level](evil, 'Test'))
    expect([...text.trimEnd()].filter((character) => /[\0-\x1f\x7f-\x9f\u2028]/.test(character))).toEqual([])
    expect(text).toContain('a\\u000d\\u000a[Nest]')
  }
})

it('40. a stack has lines, and nothing else that a terminal obeys', () => {
  const error = new Error('a\u001b[2J\rb')
  const text = written(() => new ServerLogger().error('broken', error.stack, 'Test'))
  expect(text).not.toContain('\u001b[2J')
  expect(text).not.toContain('\r')
  expect(text.split('\n').length).toBeGreaterThan(3)
})

it('what the framework says of itself is not said', () => {
  expect(written(() => new ServerLogger().log('x', 'InstanceLoader'))).toBe('')
})
