import Sqlite from 'better-sqlite3'

/** What the database itself finds wrong with a file that nobody writes to: 100 lines at most, none for a sound one. */
export function integrityProblems(file: string): string[] {
  let driver: Sqlite.Database | undefined
  try {
    driver = new Sqlite(file, { readonly: true })
    const lines = driver.pragma('integrity_check(100)') as { integrity_check: string }[]
    return lines.map((line) => line.integrity_check).filter((line) => line !== 'ok')
  } catch (error) {
    return [(error as Error).message]
  } finally {
    driver?.close()
  }
}
