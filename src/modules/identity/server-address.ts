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
  private labelKey: string | null = null

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

  /** The did:key that the labels of this server are signed with; to be told before it listens. */
  labelsWith(didKey: string): void {
    this.labelKey = didKey
  }

  /** The did:web document of this server, in all its roles. */
  document(): DidDocument {
    const { serviceDid: id } = this.config
    const { labelKey } = this
    return {
      '@context': [
        'https://www.w3.org/ns/did/v1',
        ...(labelKey === null ? [] : ['https://w3id.org/security/multikey/v1']),
      ],
      id,
      ...(labelKey !== null && {
        verificationMethod: [
          {
            ...{ id: `${id}#atproto_label`, type: 'Multikey', controller: id },
            publicKeyMultibase: labelKey.slice('did:key:'.length),
          },
        ],
      }),
      service: [
        { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: this.url },
        { id: '#bsky_appview', type: 'BskyAppView', serviceEndpoint: this.url },
        ...(labelKey === null ? [] : [{ id: '#atproto_labeler', type: 'AtprotoLabeler', serviceEndpoint: this.url }]),
      ],
    }
  }
}

/** Host and port, under one name where they are of this machine. */
function authorityOf(url: string): string {
  return new URL(url).host.replace(/^(127\.0\.0\.1|\[::1\])(?=:|$)/, 'localhost')
}
