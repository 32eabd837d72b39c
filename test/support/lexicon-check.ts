import { Lexicons } from '../../src/modules/lexicon/lexicons.js'

const CHECKED = /^(app\.bsky|com\.atproto)\./

/** An answer that is not as the lexicon says. */
export class BrokenContract extends Error {}

/**
 * A `fetch` for clients that holds every JSON answer of app.bsky and com.atproto against its lexicon, and every refusal
 * against the form that all errors have. (The official client then checks the same answer by the official validator.)
 */
export class LexiconCheck {
  /** Methods that have answered well, by how often. */
  readonly answered = new Map<string, number>()
  /** What was wrong, whether or not its client has noticed. */
  readonly problems: string[] = []
  private readonly lexicons = new Lexicons()

  readonly fetch: typeof fetch = async (...request) => {
    const response = await fetch(...request)
    const nsid = methodOf(request[0])
    if (!CHECKED.test(nsid)) return response
    const body = Buffer.from(await response.clone().arrayBuffer())
    const problem = response.ok ? this.outputProblem(nsid, response, body) : refusalProblem(nsid, response, body)
    if (problem !== null) {
      this.problems.push(problem)
      throw new BrokenContract(problem)
    }
    if (response.ok) this.answered.set(nsid, (this.answered.get(nsid) ?? 0) + 1)
    return response
  }

  private outputProblem(nsid: string, response: Response, body: Buffer): string | null {
    const method = this.lexicons.method(nsid)
    // Methods of 2022 have no lexicon.
    if (!method) return null
    const { outputEncoding } = method
    if (outputEncoding === undefined) return body.length === 0 ? null : `${nsid}: a body where there is to be none`
    if (outputEncoding !== 'application/json') return null
    if (!isJson(response)) return `${nsid}: ${response.headers.get('content-type')} is no JSON`
    try {
      this.lexicons.checkOutput(nsid, JSON.parse(body.toString()))
      return null
    } catch (error) {
      return (error as Error).message
    }
  }
}

/** An error has a name, and mostly a message: never a stack, never a 500. */
function refusalProblem(nsid: string, response: Response, body: Buffer): string | null {
  const told = `${nsid}: ${response.status} ${body.toString()}`
  if (response.status === 500) return told
  if (!isJson(response)) return `${told} is no JSON`
  const { error, message = '', ...rest } = JSON.parse(body.toString()) as Record<string, unknown>
  const isGood = typeof error === 'string' && /^[A-Za-z]+$/.test(error) && typeof message === 'string'
  return isGood && Object.keys(rest).length === 0 ? null : told
}

function isJson(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('application/json') ?? false
}

function methodOf(request: Parameters<typeof fetch>[0]): string {
  const { pathname } = new URL(request instanceof Request ? request.url : request)
  return pathname.startsWith('/xrpc/') ? pathname.slice('/xrpc/'.length) : ''
}
