/** The way from all repositories to this page. The last part is the page itself. */
export function Crumbs({ of: parts }: { of: { label: string; href: string }[] }) {
  const all = [{ label: 'Repositories', href: '/explore' }, ...parts]
  return (
    <nav class="crumbs" aria-label="Where this is">
      <ol>
        {all.map(({ label, href }, i) => (
          <li key={href}>
            {i === all.length - 1 ? <span aria-current="page">{label}</span> : <a href={href}>{label}</a>}
          </li>
        ))}
      </ol>
    </nav>
  )
}
