/** docs/endpoints.md, as it follows from the decorators of a running server. */
import { schemas } from '@atproto/api'
import { type INestApplicationContext, RequestMethod } from '@nestjs/common'
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js'
import { ModulesContainer } from '@nestjs/core'
import { LIMITS, type Rule } from '../../src/modules/rate-limit/limits.js'
import { nsidOf } from '../../src/modules/xrpc/xrpc.js'

/** Whom each guard lets in. What has none is for everybody. */
const WHO: Record<string, string> = {
  AccessGuard: 'a session',
  AdminGuard: 'the operator',
  MaybeModeratorGuard: 'everybody; moderators and the operator see more',
  MetricsGuard: 'the operator, or `METRICS_TOKEN`',
  ModeratorGuard: 'moderators, the operator',
  OwnerGuard: 'a session, or a service token',
  RefreshGuard: 'a refresh token',
  ReportGuard: 'a session, or a service token',
  SignedInGuard: 'a session, or a service token',
  ViewerGuard: 'everybody; a session or a service token where there is one',
}

interface Endpoint {
  path: string
  verb: string
  nsid: string | undefined
  who: string
}

/** The page. Sorted, so that it changes where something has changed. */
export function endpointPage(app: INestApplicationContext): string {
  const all = endpoints(app)
  const methods = all.filter(({ nsid }) => nsid !== undefined)
  const rest = all.filter(({ nsid }) => nsid === undefined)
  const families = [...new Set(methods.map(familyOf))]
  return [
    '# Endpoints',
    '',
    'Written by `npm run docs` from the code; the [README](../README.md#endpoints) says more of each. Every method is at `/xrpc/<its name>`;',
    'queries are GET, procedures POST. Limits count where `PDS_RATE_LIMITS_ENABLED` is on, besides 3,000 requests in 5 minutes for each network.',
    '',
    ...families.flatMap((family) => [
      `## ${family}`,
      '',
      '| method | | for | limits | what it does |',
      '|---|---|---|---|---|',
      ...methods
        .filter((method) => familyOf(method) === family)
        .map(
          ({ nsid, verb, who }) =>
            `| \`${nsid}\` | ${verb} | ${who} | ${limitsOf(nsid!)} | ${DESCRIPTIONS.get(nsid!) ?? ''} |`,
        ),
      '',
    ]),
    '## Besides the lexicons',
    '',
    '| path | | for |',
    '|---|---|---|',
    ...rest.map(({ path, verb, who }) => `| \`${path}\` | ${verb} | ${who} |`),
    '',
  ].join('\n')
}

function familyOf({ nsid }: Endpoint): string {
  return nsid!.split('.').slice(0, 3).join('.')
}

function endpoints(app: INestApplicationContext): Endpoint[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()])
  const found = controllers.flatMap(({ metatype }) => {
    const { prototype } = metatype as { prototype: Record<string, (...args: unknown[]) => unknown> }
    return Object.getOwnPropertyNames(prototype)
      .map((name) => prototype[name]!)
      .filter((handler) => Reflect.hasMetadata(METHOD_METADATA, handler))
      .flatMap((handler) => {
        const guards = [metatype!, handler].flatMap(
          (target) => (Reflect.getMetadata(GUARDS_METADATA, target) ?? []) as { name: string }[],
        )
        const verb = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number]!
        // Whoever is let in by everybody's guard is still to pass the others.
        const narrow = guards.filter(({ name }) => name !== 'ViewerGuard')
        const who = [...new Set((narrow.length > 0 ? narrow : guards).map(({ name }) => whoOf(name)))].join('; ')
        const paths = [Reflect.getMetadata(PATH_METADATA, handler) as string | string[]].flat()
        return paths.map((path) => ({
          path: tidy(`/${Reflect.getMetadata(PATH_METADATA, metatype!)}/${path}`),
          verb,
          who: who || 'everybody',
          nsid: nsidOf(handler),
        }))
      })
  })
  const all = new Map(found.map((endpoint) => [`${endpoint.nsid ?? endpoint.path} ${endpoint.verb}`, endpoint]))
  return [...all.keys()].sort().map((key) => all.get(key)!)
}

function whoOf(guard: string): string {
  const who = WHO[guard]
  if (who === undefined) throw new Error(`${guard} has no words in test/support/endpoint-table.ts`)
  return who
}

function tidy(path: string): string {
  return path
    .replace(/\/+/g, '/')
    .replace(/\(.*?\)/g, '')
    .replace(/(?<=.)\/$/, '')
}

function limitsOf(nsid: string): string {
  return (LIMITS[nsid] ?? []).map(words).join(', ')
}

function words({ by, limit: { points, windowMs }, cost }: Rule): string {
  const minutes = windowMs / 60_000
  const window = minutes % 1440 === 0 ? 'day' : minutes % 60 === 0 ? 'hour' : `${minutes} min`
  return `${points.toLocaleString('en')} ${cost ? 'points ' : ''}per ${by} and ${window}`
}

/** What the lexicons say of their methods. */
const DESCRIPTIONS = new Map(
  schemas.map(({ id, defs }) => {
    const { description } = (defs as { main?: { description?: string } }).main ?? {}
    return [id as string, description?.replaceAll('|', '\\|').replaceAll('\n', ' ')]
  }),
)
