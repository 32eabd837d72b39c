import { invalidRequest } from './xrpc-error.js'

/** What stands in a JSON body under some names, all of them texts. @throws XrpcError 400 InvalidRequest for anything else */
export function textsOf<Name extends string>(body: unknown, names: readonly Name[]): Record<Name, string> {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Partial<Record<Name, unknown>>
  for (const name of names)
    if (!Object.hasOwn(given, name) || typeof given[name] !== 'string')
      throw invalidRequest(`expected {${names.join(', ')}}, all texts`)
  return given as Record<Name, string>
}
