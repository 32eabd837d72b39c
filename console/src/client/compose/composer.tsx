import { RichText } from '@atproto/api'
import { useId, useMemo, useRef, useState } from 'preact/hooks'
import { say } from '../../app/announcer.js'
import { FaultNotice } from '../../ui/notice.js'
import { useAction } from '../../ui/use-action.js'
import { type Occasion, published } from './composing.js'
import { useDraft } from './drafts.js'
import { keepLanguage, usualLanguage } from './languages.js'
import { PictureList } from './picture-list.js'
import { PostField } from './post-field.js'
import { PostOptions } from './post-options.js'
import { MAX_GRAPHEMES, MAX_PICTURES, publish } from './publish.js'
import { usePictures } from './use-pictures.js'

/** Where posts are written. `label` names the field; `isFirst`: in a dialog, where the keyboard begins; `onPosted` is told when the post is there. */
export function Composer({
  occasion,
  label,
  submit,
  isFirst = false,
  onPosted,
}: {
  occasion: Occasion
  label: string
  submit: string
  isFirst?: boolean
  onPosted?: () => void
}) {
  const id = useId()
  const { draft, change, clear } = useDraft(occasion)
  const { text, gate, warning } = draft
  const [language, setLanguage] = useState(usualLanguage)
  const pictures = usePictures(occasion)
  const file = useRef<HTMLInputElement>(null)
  const left = useMemo(() => MAX_GRAPHEMES - new RichText({ text }).graphemeLength, [text])

  const action = useAction(async () => {
    const uri = await publish({ text, pictures: await pictures.whole(), language, gate, warning }, occasion)
    keepLanguage(language)
    clear()
    pictures.clear()
    published.value = { uri }
    say('Posted')
    onPosted?.()
  })
  const onSubmit = (event: Event): void => {
    event.preventDefault()
    void action.run()
  }
  return (
    <form
      class="composer"
      aria-busy={action.isRunning}
      onSubmit={onSubmit}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        void pictures.add(event.dataTransfer?.files)
      }}
    >
      <label for={id} class="unseen">
        {label}
      </label>
      <PostField
        id={id}
        autofocus={isFirst}
        rows={3}
        dir="auto"
        placeholder={label}
        text={text}
        // What is typed while it is posted would be gone with it.
        readOnly={action.isRunning}
        onText={(text) => change({ text })}
        aria-describedby={`${id}-left`}
        onPaste={(event) => void pictures.add(event.clipboardData?.files)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onSubmit(event)
        }}
      />
      <PictureList of={pictures} />
      <FaultNotice fault={action.fault ?? pictures.fault} />
      <div class="row composer-foot">
        <input
          ref={file}
          type="file"
          class="unseen"
          aria-label="Picture files"
          tabIndex={-1}
          accept="image/*"
          multiple
          onChange={(event) => {
            void pictures.add(event.currentTarget.files)
            event.currentTarget.value = ''
          }}
        />
        <button type="button" disabled={pictures.list.length >= MAX_PICTURES} onClick={() => file.current!.click()}>
          Pictures
        </button>
        <PostOptions
          language={language}
          gate={occasion.replyTo ? undefined : gate}
          warning={warning}
          onLanguage={setLanguage}
          onGate={(gate) => change({ gate })}
          onWarning={(warning) => change({ warning })}
        />
        <span id={`${id}-left`} class={left < 0 ? 'left over' : 'left'} aria-live={left <= 20 ? 'polite' : 'off'}>
          {left >= 0 ? left : `${-left} too many`}
          {left >= 0 ? <span class="unseen"> characters left</span> : null}
        </span>
        <button type="submit" class="primary" aria-disabled={action.isRunning}>
          {action.isRunning ? 'Posting …' : submit}
        </button>
      </div>
    </form>
  )
}
