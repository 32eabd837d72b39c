/** What moderators write to an account. */
import { escape } from './code-mail.js'
import type { Mail } from './mailer.js'

const BREAK = /<br\s*\/?>|<\/(p|div|li|h[1-6])>/gi
const TAG = /<[a-z/!][^<>]{0,1000}>/gi
const NAMES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' }

/** A mail of a moderator. `content` is plain text, or HTML as moderation tools write it. */
export function moderationMail({ did, email }: { did: string; email: string }, subject: string, content: string): Mail {
  const isHtml = /<(p|br|div|a|ul|ol|h[1-6]|strong|em|html)\b[^<>]{0,1000}>/i.test(content)
  const html = isHtml ? content : paragraphs(content)
  return { kind: 'moderation', did, to: email, subject, text: isHtml ? textOf(content) : content, html }
}

function paragraphs(text: string): string {
  const all = text.split(/\n\s*\n/).map((paragraph) => escape(paragraph.trim()).replaceAll('\n', '<br>'))
  return all.map((paragraph) => `<p>${paragraph}</p>`).join('\n')
}

/** Enough of it for who does not see HTML. */
function textOf(html: string): string {
  const text = html.replace(BREAK, '\n').replace(TAG, '')
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => NAMES[name]!).trim()
}
