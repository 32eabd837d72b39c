import { Injectable } from '@nestjs/common'
import { Config } from '../config/config.js'
import type { DidDocument } from './did-document.js'

/** Where clients reach this server. On localhost that is certain only once the port is bound. */
@Injectable()
export class ServerAddress {
  private port: number | undefined

  constructor(private readonly config: Config) {}

  /** To be told once, when the server has begun to listen. */
  listensOn(port: number): void {
    this.port = port
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.config.publicUrl(this.port)
  }

  /** The did:web document of this server, in both its roles. */
  document(): DidDocument {
    return {
      '@context': ['https://www.w3.org/ns/did/v1'],
      id: this.config.serviceDid,
      service: [
        { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: this.url },
        { id: '#bsky_appview', type: 'BskyAppView', serviceEndpoint: this.url },
      ],
    }
  }
}
