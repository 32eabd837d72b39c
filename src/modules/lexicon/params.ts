import { invalidRequest } from '../xrpc/xrpc-error.js'
import type { ParamSchema, ParamsSchema } from './document.js'
import type { JsonObject, SchemaChecks } from './schema-check.js'

/** Takes a parsed query string, gives the typed params. @throws XrpcError 400 InvalidRequest. */
export type ParseParams = (query: Record<string, unknown>) => JsonObject

const INTEGER = /^-?\d{1,16}$/

/** Text of a query string as its schema's type. Text that does not fit stays text, for the check to refuse. */
function coerce(schema: ParamSchema, raw: unknown): unknown {
  if (schema.type === 'integer') return typeof raw === 'string' && INTEGER.test(raw) ? Number(raw) : raw
  if (schema.type === 'boolean') return raw === 'true' ? true : raw === 'false' ? false : raw
  return raw
}

const present = (raw: unknown): boolean => raw !== undefined && raw !== ''

/**
 * Compiles the params of a method (https://atproto.com/specs/xrpc#lexicon-http-endpoints). An empty value
 * counts as absent, a single value is a list of one where a list is wanted, params that the lexicon does
 * not name are dropped, and defaults are filled in.
 */
export function compileParams(schema: ParamsSchema, checks: SchemaChecks, id: string): ParseParams {
  const params = Object.entries(schema.properties).map(([key, inner]) => ({
    key,
    inner,
    check: checks.compile(inner, id),
    required: schema.required?.includes(key) ?? false,
    fallback: inner.type === 'array' ? undefined : inner.default,
  }))
  return (query) => {
    const parsed: JsonObject = {}
    for (const { key, inner, check, required, fallback } of params) {
      const raw = query[key]
      const values = (Array.isArray(raw) ? raw : [raw]).filter(present)
      if (values.length === 0) {
        if (fallback !== undefined) parsed[key] = fallback
        else if (required) throw invalidRequest(`Params must have the property "${key}"`)
        continue
      }
      if (values.length > 1 && inner.type !== 'array') throw invalidRequest(`${key} must be given only once`)
      const value =
        inner.type === 'array'
          ? values.map((item) => coerce(inner.items as ParamSchema, item))
          : coerce(inner, values[0])
      const wrong = check(value)
      if (wrong) throw invalidRequest(`${key}${wrong.path} ${wrong.message}`)
      parsed[key] = value
    }
    return parsed
  }
}
