import type { ComponentChildren } from 'preact'
import type { Figures } from '../../../src/modules/metrics/figures.js'
import { Waiting } from '../ui/loaded.js'
import { Notice } from '../ui/notice.js'
import { figures, figuresFault, useFigures } from './use-figures.js'

/**
 * What the server says of itself, asked for again and again while this is looked at. Where it does not answer, that is said,
 * and of when what is shown is; when it answers again, that goes by itself.
 */
export function Figured({ children }: { children: (now: Figures) => ComponentChildren }) {
  useFigures()
  const now = figures.value
  const fault = figuresFault.value
  return (
    <>
      {fault ? (
        <Notice kind="bad">
          {fault.message} {now ? `What stands here is of ${clockTime(now.at)}. ` : ''}It is asked again every few
          seconds.
        </Notice>
      ) : null}
      {now ? children(now) : fault ? null : <Waiting />}
    </>
  )
}

function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString('en-GB')
}
