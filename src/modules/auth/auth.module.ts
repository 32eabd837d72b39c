import { Global, Module } from '@nestjs/common'
import { JwtModule } from '@nestjs/jwt'
import { Secrets } from '../config/secrets.js'
import { AccessStrategy } from './access.strategy.js'
import { RefreshStrategy } from './refresh.strategy.js'
import { ServiceTokens } from './service-tokens.js'
import { Sessions } from './sessions.js'
import { SessionTokens } from './tokens.js'

/** Global, because the guards are made in the module of the controller that uses them. */
@Global()
@Module({
  imports: [
    JwtModule.registerAsync({ inject: [Secrets], useFactory: (secrets: Secrets) => ({ secret: secrets.jwtSecret }) }),
  ],
  providers: [SessionTokens, Sessions, AccessStrategy, RefreshStrategy, ServiceTokens],
  exports: [SessionTokens, Sessions, AccessStrategy, RefreshStrategy, ServiceTokens],
})
export class AuthModule {}
