import { OutLink } from '../ui/out-link.js'
import { useLoad } from '../ui/use-load.js'
import type { DidDocument as Document } from './read-did-document.js'

/** The directory of all did:plc that have no other. */
const PLC_DIRECTORY = 'https://plc.directory'

/** Who a DID is: its names, keys and services, and where that can be looked up. */
export function DidDocument({ did, document }: { did: string; document: Document }) {
  const { id, alsoKnownAs, verificationMethod, service } = document
  if (id === null) return <p class="empty">The document of this DID cannot be had from here at the moment.</p>
  return (
    <>
      <dl class="facts">
        <dt>Known as</dt>
        <dd>{alsoKnownAs.join(', ') || 'nothing'}</dd>
        {verificationMethod.map(({ id, type, publicKeyMultibase }) => (
          <Fact key={id} name={`Key ${fragment(id)}`}>
            <code>{publicKeyMultibase}</code> <small>{type}</small>
          </Fact>
        ))}
        {service.map(({ id, type, serviceEndpoint }) => (
          <Fact key={id} name={`Service ${fragment(id)}`}>
            <OutLink href={serviceEndpoint}>{serviceEndpoint}</OutLink> <small>{type}</small>
          </Fact>
        ))}
        <dt>Look it up</dt>
        <dd>{did.startsWith('did:plc:') ? <PlcLinks did={did} /> : <WebLink did={did} />}</dd>
      </dl>
    </>
  )
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

/** This server may be the directory itself. */
function PlcLinks({ did }: { did: string }) {
  const isHere = useLoad(
    () =>
      fetch(`/${did}/data`).then(
        ({ ok }) => ok,
        () => false,
      ),
    [did],
  )
  if (isHere.value === undefined) return <>…</>
  const directory = isHere.value ? '' : PLC_DIRECTORY
  return (
    <>
      <OutLink href={`${directory}/${did}`}>document</OutLink>,{' '}
      <OutLink href={`${directory}/${did}/log/audit`}>PLC log</OutLink>
    </>
  )
}

function WebLink({ did }: { did: string }) {
  const [host = ''] = did.slice('did:web:'.length).split(':')
  return <OutLink href={`https://${decodeURIComponent(host)}/.well-known/did.json`}>did.json</OutLink>
}

function fragment(id: string): string {
  return id.includes('#') ? id.slice(id.indexOf('#')) : id
}
