import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Asks for something that is not shown while it is typed; null where there is no terminal, '' for nothing. */
export async function askHidden(question: string): Promise<string | null> {
  if (!process.stdin.isTTY) return null
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return (await terminal.question('')).trim()
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

/** @throws Error unless somebody at the terminal types the name again. */
export async function confirmed(question: string, name: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question}\nType ${name}: `).finally(() => terminal.close())
  if (answer.trim() !== name) throw new Error('not confirmed: nothing has changed')
}
