import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import type { PlcUpdate } from '../../identity/plc/operation.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { checkIncoming } from '../../identity/plc/shape.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { OperationRegistration } from './operation-registration.js'
import { assertPlcDid } from './sign-plc-operation.js'

/** Submits an operation that the owner of an account had signed somewhere, as long as the account stays what it is here. */
export class SubmitPlcOperation extends Command<void> {
  constructor(
    readonly did: Did,
    readonly operation: unknown,
  ) {
    super()
  }
}

/** @throws XrpcError 400 InvalidRequest; PlcError; as {@link OperationRegistration.register}. */
@CommandHandler(SubmitPlcOperation)
export class SubmitPlcOperationHandler implements ICommandHandler<SubmitPlcOperation> {
  constructor(private readonly registration: OperationRegistration) {}

  async execute({ did, operation }: SubmitPlcOperation): Promise<void> {
    assertPlcDid(did)
    await this.registration.register(did, parse(operation))
  }
}

/** @throws XrpcError 400 for what is no operation that changes an identity, a tombstone among others. */
function parse(operation: unknown): PlcUpdate {
  try {
    checkIncoming(operation)
    if (operation.type === 'plc_operation') return operation
  } catch (error) {
    if (!(error instanceof PlcError)) throw error
    throw invalidRequest(`Invalid operation: ${error.message}`)
  }
  throw invalidRequest('Invalid operation')
}
