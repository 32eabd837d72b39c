import { Injectable } from '@nestjs/common'
import { Config } from '../config/config.js'
import type { DidDocument } from './did-document.js'

/** Where clients reach this server. On localhost that is certain only once the port is bound. */
@Injectable()
export class ServerAddress {
  /** Resolves when the server listens; never in a command that only borrows its rooms. */
  readonly listening: Promise<void>
  private port: number | undefined
  private opened: () => void

  constructor(private readonly config: Config) {
    this.listening = new Promise((resolve) => (this.opened = resolve))
  }

  /** To be told once, when the server has begun to listen. */
  listensOn(port: number): void {
    this.port = port
    this.opened()
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.config.publicUrl(this.port)
  }

  /** Whether a URL is of this server itself, under whichever of its names. */
  isAt(url: string): boolean {
    return authorityOf(url) === authorityOf(this.url)
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

/** Host and port, under one name where they are of this machine. */
function authorityOf(url: string): string {
  return new URL(url).host.replace(/^(127\.0\.0\.1|\[::1\])(?=:|$)/, 'localhost')
}
