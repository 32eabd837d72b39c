import type { BackupFigures } from '../../../src/modules/backup/backup-status.js'
import { ask } from '../api/operator.js'
import { bytes, count } from '../ui/amounts.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { ago, Time } from '../ui/time.js'
import { useLive } from '../ui/use-live.js'
import { OperatorFrame } from './operator-frame.js'
import { ProgressOf, useWork } from './progress-of.js'

/** Where everything is kept a second time. */
export default function BackupsPage() {
  return (
    <OperatorFrame title="Backups">
      <Backups />
    </OperatorFrame>
  )
}

function Backups() {
  const status = useLive(() => ask<BackupFigures>('/admin/backups'), [])
  const backup = useWork<object>('/admin/backup', status.reload)
  const start = (form: FormData): Promise<void> =>
    backup.action.run({ target: textOf(form, 'target') || null, endpoint: textOf(form, 'endpoint') || null })
  return (
    <>
      <Loaded of={status}>{(figures) => <State of={figures} />}</Loaded>
      <Section title="A snapshot now">
        <Form action={{ ...backup.action, run: start }} submit="Make a snapshot" done="Made.">
          <Field
            label="Where to"
            name="target"
            placeholder="/var/backups/skylog or s3://bucket/prefix"
            hint="Left empty: the target of the settings"
          />
          <Field label="Endpoint of the S3 store" name="endpoint" hint="Where it is not Amazon's" />
        </Form>
        <ProgressOf of={backup} label="Snapshot" format={bytes} />
      </Section>
      <p>
        Restoring needs the server to be away: <code>skylog restore SOURCE --data DIR</code>.
      </p>
    </>
  )
}

function State({ of: figures }: { of: BackupFigures }) {
  const { target, encrypted, snapshot, isWorking, shippedSeq } = figures
  const { lastSuccess, lagMs, shippedBytes, failuresInARow, lastError } = figures
  return (
    <>
      {target === null ? (
        <Notice kind="note">
          Nothing is shipped as it is written: set <code>BACKUP_TARGET</code>, or run <code>skylog backup</code> every
          night.
        </Notice>
      ) : null}
      {failuresInARow > 0 ? (
        <Notice kind="bad">
          It has failed {count(failuresInARow)} {failuresInARow === 1 ? 'time' : 'times in a row'}: {lastError}
        </Notice>
      ) : null}
      {isWorking ? <Notice kind="note">A snapshot is being made.</Notice> : null}
      <dl class="facts">
        <dt>Target</dt>
        <dd>
          {target ? <code>{target}</code> : 'none'}
          {encrypted ? ', encrypted' : ''}
        </dd>
        <dt>Last snapshot since the start</dt>
        <dd>{snapshot ? <Time at={snapshot.time} /> : 'none'}</dd>
        <dt>Shipped up to</dt>
        <dd>
          {shippedSeq === null ? 'nothing' : count(shippedSeq)}
          {lastSuccess ? (
            <>
              , <Time at={lastSuccess} />
            </>
          ) : null}
          {lagMs !== null && lagMs > 60_000 ? `; what was written since ${ago(-lagMs)} is not` : ''}
        </dd>
        <dt>Shipped since the start</dt>
        <dd>{bytes(shippedBytes)}</dd>
      </dl>
    </>
  )
}
