import { Controller, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AccessGuard } from '../../auth/guards.js'
import { requireFullAccess, Viewer } from '../../auth/viewer.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Input, XrpcProcedure, XrpcQuery } from '../../xrpc/xrpc.js'
import { Credentials } from './credentials.js'
import { RefreshIdentity } from './refresh-identity.js'
import { RequestPlcSignature } from './request-plc-signature.js'
import { SignPlcOperation } from './sign-plc-operation.js'
import { SubmitPlcOperation } from './submit-plc-operation.js'
import { UpdateHandle } from './update-handle.js'

type Identity<Name extends string> = XrpcMethods[`com.atproto.identity.${Name}` & keyof XrpcMethods]

/** What the owner of an account may see and change of its identity: com.atproto.identity. Not by an app password. */
@Controller()
@UseGuards(AccessGuard)
export class OwnIdentityController {
  constructor(
    private readonly commands: CommandBus,
    private readonly credentials: Credentials,
  ) {}

  @XrpcProcedure('com.atproto.identity.updateHandle')
  async updateHandle(@Viewer() viewer: Viewer, @Input() { handle }: Identity<'updateHandle'>['input']): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new UpdateHandle(viewer.did, handle))
  }

  @XrpcQuery('com.atproto.identity.getRecommendedDidCredentials')
  async recommended(@Viewer() viewer: Viewer): Promise<Identity<'getRecommendedDidCredentials'>['output']> {
    requireFullAccess(viewer)
    return { ...(await this.credentials.recommended(viewer.did)) }
  }

  @XrpcProcedure('com.atproto.identity.requestPlcOperationSignature')
  async requestSignature(@Viewer() viewer: Viewer): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new RequestPlcSignature(viewer.did))
  }

  @XrpcProcedure('com.atproto.identity.signPlcOperation')
  async sign(
    @Viewer() viewer: Viewer,
    @Input() input: Identity<'signPlcOperation'>['input'],
  ): Promise<Identity<'signPlcOperation'>['output']> {
    requireFullAccess(viewer)
    const { token, rotationKeys, alsoKnownAs, verificationMethods, services } = input
    const wanted = { token, rotationKeys, alsoKnownAs, verificationMethods, services }
    return { operation: { ...(await this.commands.execute(new SignPlcOperation(viewer.did, wanted))) } }
  }

  @XrpcProcedure('com.atproto.identity.submitPlcOperation')
  async submit(
    @Viewer() viewer: Viewer,
    @Input() { operation }: Identity<'submitPlcOperation'>['input'],
  ): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new SubmitPlcOperation(viewer.did, operation))
  }

  /** Of anybody; that of the viewer is told to the log as well. */
  @XrpcProcedure('com.atproto.identity.refreshIdentity')
  async refresh(
    @Viewer() viewer: Viewer,
    @Input() { identifier }: Identity<'refreshIdentity'>['input'],
  ): Promise<Identity<'refreshIdentity'>['output']> {
    requireFullAccess(viewer)
    const { didDoc, ...names } = await this.commands.execute(new RefreshIdentity(viewer.did, identifier))
    return { ...names, didDoc: { ...didDoc } }
  }
}
