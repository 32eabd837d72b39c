import { fstatSync, writeFileSync } from 'node:fs'

/**
 * Sees to it that what a command prints is all there, or `onError` is told why not; half a document must not pass for a whole
 * one. Whoever has stopped reading (`| head`) has what they wanted.
 */
export function guardOutput(stream: NodeJS.WriteStream & { fd: number }, onError: (error: Error) => void): void {
  // Into a file Node writes once, and drops what did not fit on a disk that is full by then.
  if (fstatSync(stream.fd).isFile())
    stream._write = (chunk: Uint8Array, _encoding, done) => {
      try {
        writeFileSync(stream.fd, chunk)
        done()
      } catch (error) {
        done(error as Error)
      }
    }
  stream.on('error', (error: Error & { code?: string }) => {
    if (error.code !== 'EPIPE') onError(new Error(`the result could not be printed: ${error.message}`))
  })
}
