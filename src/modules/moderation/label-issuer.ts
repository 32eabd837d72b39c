import { Injectable } from '@nestjs/common'
import { isAtUri, isCidText, isDatetime, isDid, splitAtUri } from '../../repo-engine/index.js'
import { ActionLog } from '../audit/action-log.js'
import { Database } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { LabelKey } from './label-key.js'
import { LabelLog } from './label-log.js'
import { comparable, signedBytes } from './label-row.js'
import { Labels } from './labels.js'

/** A label of this server, as somebody who moderates here asks for it. */
export interface AskedLabel {
  /** A DID, or the at-uri of a record by the DID of its account. */
  uri: string
  /** Only this version of the record. */
  cid?: string
  val: string
  /** Takes the label back. */
  neg?: boolean
  /** RFC 3339: holds until then. */
  exp?: string
}

/** As the values of labels are written (https://atproto.com/specs/label#label-values); `!` begins those of the protocol. */
const VALUE = /^!?[a-z0-9]+(-[a-z0-9]+)*$/
const MAX_VALUE = 128
const MAX_URI = 2_048

/** Makes the labels of this server: by its DID, signed, numbered, told to those who follow, and in force in every view. */
@Injectable()
export class LabelIssuer {
  constructor(
    private readonly database: Database,
    private readonly labels: Labels,
    private readonly log: LabelLog,
    private readonly key: LabelKey,
    private readonly actions: ActionLog,
  ) {}

  /**
   * Sets a label, or takes it back, as the `actor`. False when that is so already.
   * @throws XrpcError 400 InvalidRequest for what cannot be a label
   */
  async issue(asked: AskedLabel, actor: string, reason: string | null = null): Promise<boolean> {
    const label = { ...checked(asked), src: this.key.did, cts: this.log.moment() }
    const signed = { ...label, sig: this.key.sign(signedBytes(label)) }
    const { uri, val, neg } = label
    return this.database.write(async (tx) => {
      if (!(await this.log.put(tx, signed))) return false
      this.labels.changed(tx, [uri])
      const why = reason === null ? val : `${val}: ${reason}`
      await this.actions.note(tx, { actor, action: neg ? 'remove-label' : 'add-label', subject: uri, reason: why })
      return true
    })
  }
}

function checked({ uri, cid, val, neg = false, exp }: AskedLabel): AskedLabel {
  if (uri.length > MAX_URI || !(isDid(uri) || (isAtUri(uri) && isDid(splitAtUri(uri).authority))))
    throw invalidRequest('A label is on a DID, or on the at-uri of something of one')
  if (cid !== undefined && !isCidText(cid)) throw invalidRequest('cid is no CID')
  if (val.length > MAX_VALUE || !VALUE.test(val)) throw invalidRequest(`Not the value of a label: ${val.slice(0, 80)}`)
  if (exp !== undefined && !isDatetime(exp)) throw invalidRequest('exp is no moment')
  return { uri, cid, val, neg, ...(exp !== undefined && { exp: comparable(exp) }) }
}
