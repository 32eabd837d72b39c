import { type AppBskyActorDefs, type AppBskyActorProfile, type BlobRef, RichText } from '@atproto/api'
import { agent } from '../../api/session.js'
import { Dialog } from '../../ui/dialog.js'
import { Field, Form, textOf, Tick } from '../../ui/form.js'
import { TextField } from '../../ui/text-field.js'
import { useAction } from '../../ui/use-action.js'
import { fitPicture, PROFILE_PICTURE } from '../compose/fit-picture.js'

const MAX_NAME = 64
const MAX_DESCRIPTION = 256

/** One's own name, description and pictures. What else the record has is kept. */
export function EditProfile({
  of: person,
  onClose,
  onSaved,
}: {
  of: AppBskyActorDefs.ProfileViewDetailed
  onClose: () => void
  onSaved: () => void
}) {
  const action = useAction(async (form: FormData) => {
    const displayName = textOf(form, 'displayName')
    const description = textOf(form, 'description')
    check('name', displayName, MAX_NAME)
    check('description', description, MAX_DESCRIPTION)
    const [avatar, banner] = await Promise.all([pictureOf(form, 'avatar'), pictureOf(form, 'banner')])
    await agent.upsertProfile((existing): AppBskyActorProfile.Record => {
      const { avatar: _, banner: __, ...others } = existing ?? { $type: 'app.bsky.actor.profile' }
      const pictures = {
        ...kept('avatar', avatar, existing?.avatar),
        ...kept('banner', banner, existing?.banner),
      }
      return { ...others, displayName, description, ...pictures, $type: 'app.bsky.actor.profile' }
    })
    onSaved()
  })
  return (
    <Dialog title="Edit profile" onClose={onClose}>
      <Form action={action} submit="Save">
        <Field label="Name" name="displayName" defaultValue={person.displayName} autocomplete="name" />
        <TextField label="Description" name="description" rows={4} defaultValue={person.description} />
        <Field label="Picture" name="avatar" type="file" accept="image/*" />
        {person.avatar ? <Tick label="Remove the picture" name="avatar-remove" /> : null}
        <Field
          label="Banner"
          name="banner"
          type="file"
          accept="image/*"
          hint="A wide picture: three times as wide as high"
        />
        {person.banner ? <Tick label="Remove the banner" name="banner-remove" /> : null}
      </Form>
    </Dialog>
  )
}

function check(what: string, text: string, most: number): void {
  const over = new RichText({ text }).graphemeLength - most
  if (over > 0) throw new Error(`The ${what} is too long: ${over} of its characters have to go`)
}

/** The picture that was chosen, uploaded; null: it is to go; undefined: it stays as it is. */
async function pictureOf(form: FormData, name: string): Promise<BlobRef | null | undefined> {
  const file = form.get(name)
  if (!(file instanceof File) || file.size === 0) return form.has(`${name}-remove`) ? null : undefined
  const { blob } = await fitPicture(file, PROFILE_PICTURE)
  const { data } = await agent.uploadBlob(blob, { encoding: blob.type })
  return data.blob
}

function kept<Name extends string>(
  name: Name,
  chosen: BlobRef | null | undefined,
  before: BlobRef | undefined,
): { [name in Name]?: BlobRef } {
  const blob = chosen === undefined ? before : chosen
  return (blob ? { [name]: blob } : {}) as { [name in Name]?: BlobRef }
}
