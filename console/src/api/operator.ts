/**
 * The operator: whoever has the admin password. It is kept for as long as this tab is open (sessionStorage) and sent to this
 * server alone.
 */
import { signal } from '@preact/signals'
import { call, faultOf, type Params, withQuery } from './call.js'
import { Fault } from './fault.js'

const KEPT = 'skylog.operator'

/** The Authorization header of the operator, or null. */
export const operator = signal<string | null>(sessionStorage.getItem(KEPT))

/** Takes the admin password, if it is right. @throws Fault 401 when it is not */
export async function becomeOperator(password: string): Promise<void> {
  const bytes = new TextEncoder().encode(`admin:${password}`)
  const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`
  await call('/admin/actions?limit=1', { headers: { authorization } }).catch((error: unknown) => {
    const fault = Fault.of(error)
    throw fault.status === 401 ? new Fault(401, fault.error, 'That is not the admin password of this server.') : fault
  })
  sessionStorage.setItem(KEPT, authorization)
  operator.value = authorization
  isRefused.value = false
}

/** The password that was given has been refused since: the server has another by now. */
export const isRefused = signal(false)

export function leaveOperator(): void {
  sessionStorage.removeItem(KEPT)
  operator.value = null
}

/** Answers of the server to the operator. @throws Fault; one that the password is not right any more leads back to the door */
async function toOperator<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer
  } catch (error) {
    if (Fault.of(error).status === 401) {
      leaveOperator()
      isRefused.value = true
    }
    throw error
  }
}

/** Something that the server tells its operator. `path` is `/admin/…` or `/xrpc/…`. @throws Fault */
export function ask<Answer>(path: string, params?: Params): Promise<Answer> {
  return toOperator(call(withQuery(path, params), { headers: headers() }))
}

/** Something that the operator has the server do. @throws Fault */
export function order<Answer>(path: string, body: object = {}): Promise<Answer> {
  return toOperator(call(path, { method: 'POST', headers: headers(), body: JSON.stringify(body) }))
}

/**
 * Work that takes long: the server tells, line by line, how far it has come, and at last what came out.
 * @throws Fault; Error with what the server says when the work fails
 */
export async function work<Result>(
  path: string,
  body: object,
  onProgress: (done: number, total: number) => void,
): Promise<Result> {
  const response = await fetch(path, { method: 'POST', headers: headers(), body: JSON.stringify(body) })
  if (!response.ok) return toOperator(Promise.reject(await faultOf(response)))
  let rest = ''
  for (const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader(); ;) {
    // A server that is killed cuts the connection.
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }) as const)
    if (done) throw new Error('The server ended before the work did; doing it again goes on from there')
    const lines = (rest + value).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const told = JSON.parse(line) as { done?: number; total?: number; result?: Result; error?: string }
      if (told.error !== undefined) throw new Error(told.error)
      if (told.result !== undefined) return told.result
      onProgress(told.done!, told.total!)
    }
  }
}

function headers(): Record<string, string> {
  return { authorization: operator.value ?? '', 'content-type': 'application/json' }
}
