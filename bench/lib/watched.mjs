/** Loaded before a server that is to tell of its memory: whenever it is asked, what it holds once its garbage is collected. */
if (process.send) {
  process.on('message', () => {
    globalThis.gc()
    process.send(process.memoryUsage())
  })
  // It does not keep the server from ending.
  process.channel.unref()
}
