import { Global, Module } from '@nestjs/common'
import { Lexicons } from './lexicons.js'

@Global()
@Module({ providers: [Lexicons], exports: [Lexicons] })
export class LexiconModule {}
