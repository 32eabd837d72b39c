import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what systems give to those who ask for any port, so that nobody gets one while its server is away. */
const [FIRST, COUNT] = [20_000, 12_000]

/** A port that nobody listens on, for a server that is to come back to it. */
export async function freePort(): Promise<string> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    const server = createServer()
    const isFree = await new Promise<boolean>((done) =>
      server.on('error', () => done(false)).listen(port, () => done(true)),
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return String(port)
  }
}
