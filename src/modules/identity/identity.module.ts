import { type DynamicModule, Global, Module } from '@nestjs/common'
import { ServiceKeys } from '../auth/service-keys.js'
import { Config } from '../config/config.js'
import { LexiconModule } from '../lexicon/lexicon.module.js'
import { AccountKeys } from './account-keys.js'
import { DidResolver } from './did-resolver.js'
import { DnsTxt } from './dns-txt.js'
import { HandleResolver } from './handle-resolver.js'
import { Identities } from './identities.js'
import { IdentityController } from './identity.controller.js'
import { EmbeddedPlc } from './plc/embedded-plc.js'
import { OwnDocuments } from './own-documents.js'
import { HttpPlc } from './plc/http-plc.js'
import { PlcController } from './plc/plc.controller.js'
import { PlcDirectory } from './plc/plc-directory.js'
import { ReservedKeys } from './reserved-keys.js'
import { SafeFetch } from './safe-fetch.js'
import { ServerAddress } from './server-address.js'
import { SigningKeys } from './signing-keys.js'
import { TlsCheckController } from './tls-check.controller.js'
import { WellKnownController } from './well-known.controller.js'

@Global()
@Module({ imports: [LexiconModule] })
export class IdentityModule {
  /** Without a PLC directory in the settings, the embedded one is opened and served; with one, `EmbeddedPlc` is not provided. */
  static with({ plcUrl }: Config): DynamicModule {
    const controllers = [IdentityController, WellKnownController, TlsCheckController]
    const keys = { provide: ServiceKeys, useClass: AccountKeys }
    const rooms = [
      ...[DidResolver, HandleResolver, Identities, OwnDocuments, ReservedKeys, SafeFetch, ServerAddress, SigningKeys],
    ]
    const providers = [keys, DnsTxt, ...rooms]
    const exported = [...rooms, PlcDirectory, ServiceKeys]
    if (plcUrl === null)
      return {
        module: IdentityModule,
        controllers: [...controllers, PlcController],
        providers: [...providers, EmbeddedPlc, { provide: PlcDirectory, useExisting: EmbeddedPlc }],
        exports: [...exported, EmbeddedPlc],
      }
    const outside = {
      provide: PlcDirectory,
      inject: [SafeFetch],
      useFactory: (fetch: SafeFetch) => new HttpPlc(plcUrl, fetch),
    }
    return { module: IdentityModule, controllers, providers: [...providers, outside], exports: exported }
  }
}
