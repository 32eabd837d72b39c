/**
 * How a controller says which XRPC method it answers (https://atproto.com/specs/xrpc). The lexicon decides what comes
 * in: parameters are coerced and checked, JSON bodies checked, before the controller's method runs.
 */
import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  Get,
  HttpCode,
  Injectable,
  type PipeTransform,
  Post,
  SetMetadata,
} from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { Lexicons } from '../lexicon/lexicons.js'
import { invalidRequest } from './xrpc-error.js'

const NSID_KEY = 'xrpc:nsid'
const served = new Set<string>()

/** Every method that some controller answers: the documentation is checked against it. */
export function servedMethods(): string[] {
  return [...served].sort()
}

/** The decorated method answers this query. */
export function XrpcQuery(nsid: string): MethodDecorator {
  served.add(nsid)
  return applyDecorators(Get(`/xrpc/${nsid}`), SetMetadata(NSID_KEY, nsid))
}

/** The decorated method answers this procedure. */
export function XrpcProcedure(nsid: string): MethodDecorator {
  served.add(nsid)
  return applyDecorators(Post(`/xrpc/${nsid}`), HttpCode(200), SetMetadata(NSID_KEY, nsid))
}

/** The method that a controller's handler answers, whatever name it was called by; undefined for what is none. */
export function nsidOf(handler: ReturnType<ExecutionContext['getHandler']>): string | undefined {
  return Reflect.getMetadata(NSID_KEY, handler) as string | undefined
}

interface Call {
  nsid: string
  request: FastifyRequest
}

const callOf = createParamDecorator((_: unknown, context: ExecutionContext): Call => {
  const nsid = nsidOf(context.getHandler())!
  return { nsid, request: context.switchToHttp().getRequest<FastifyRequest>() }
})

@Injectable()
class ParamsPipe implements PipeTransform<Call, unknown> {
  constructor(private readonly lexicons: Lexicons) {}

  transform({ nsid, request }: Call): unknown {
    return this.lexicons.parseParams(nsid, request.query as Record<string, unknown>)
  }
}

@Injectable()
class InputPipe implements PipeTransform<Call, unknown> {
  constructor(private readonly lexicons: Lexicons) {}

  transform({ nsid, request }: Call): unknown {
    const body = this.jsonOf(nsid, request)
    this.lexicons.checkInput(nsid, body)
    return body
  }

  /** JSON is read by now: what is still a stream is of another type, unless there is nothing in it. @throws XrpcError 400 InvalidRequest */
  private jsonOf(nsid: string, { body, headers }: FastifyRequest): unknown {
    const isStream = typeof (body as { pipe?: unknown } | null | undefined)?.pipe === 'function'
    if (!isStream) return body
    if (headers['content-length'] === '0') return undefined
    if (this.lexicons.method(nsid)?.inputEncoding !== 'application/json') return body
    throw invalidRequest(`Wrong request encoding (Content-Type): ${headers['content-type']?.slice(0, 100) ?? 'none'}`)
  }
}

/** The query parameters, as the method's lexicon types them. */
export const Params = (): ParameterDecorator => callOf(ParamsPipe)

/** The JSON body, checked against the method's lexicon. */
export const Input = (): ParameterDecorator => callOf(InputPipe)
