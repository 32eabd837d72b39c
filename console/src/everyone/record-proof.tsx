import { faultOf, query, withQuery } from '../api/call.js'
import type { Claim, Step } from '../engine/check-record.js'
import { FaultNotice, Notice } from '../ui/notice.js'
import { useAction } from '../ui/use-action.js'
import { useState } from 'preact/hooks'
import { readDidDocument } from './read-did-document.js'

async function check(claim: Claim): Promise<Step[]> {
  const { did, collection, rkey } = claim
  // The code that checks is fetched when somebody wants to know.
  const [response, { didDoc }, { checkRecord }] = await Promise.all([
    fetch(withQuery('/xrpc/com.atproto.sync.getRecord', { did, collection, rkey })),
    query<{ didDoc: unknown }>('com.atproto.identity.resolveDid', { did }),
    import('../engine/check-record.js'),
  ])
  if (!response.ok) throw await faultOf(response)
  return checkRecord(claim, new Uint8Array(await response.arrayBuffer()), readDidDocument(didDoc))
}

/** Checks a record from its bytes up to the key of its author, and shows each step. */
export function RecordProof({ claim }: { claim: Claim }) {
  const [steps, setSteps] = useState<Step[]>()
  const action = useAction(async () => {
    setSteps(undefined)
    setSteps(await check(claim))
  })
  const failed = steps?.find(({ state }) => state === 'bad')
  return (
    <>
      <p>
        The server hands out a proof for each record. This browser checks it by itself: hashes, the way through the
        tree, the signature.
      </p>
      <p>
        <button type="button" onClick={() => void action.run()} aria-disabled={action.isRunning}>
          Check the proof
        </button>
      </p>
      <FaultNotice fault={action.fault} />
      {steps && !failed ? (
        <Notice kind="good">This record is proven: it is what its author has signed.</Notice>
      ) : failed ? (
        <Notice kind="bad">This record is not proven. What failed: {failed.name}.</Notice>
      ) : null}
      {steps ? (
        <ol class="steps" aria-label="Steps of the proof">
          {steps.map(({ name, state, found }) => (
            <li key={name}>
              <span class={`badge ${state === 'unchecked' ? '' : state}`}>{WORDS[state]}</span> <strong>{name}</strong>
              <ul>
                {found.map((line) => (
                  <li key={line}>
                    <code>{line}</code>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ol>
      ) : null}
      {steps ? (
        <p>
          <small>
            The key is taken from the DID document as this server resolves it; the page of the repository leads to the
            directory that has it.
          </small>
        </p>
      ) : null}
    </>
  )
}

const WORDS: Record<Step['state'], string> = { good: 'passed', bad: 'failed', unchecked: 'not checked' }
