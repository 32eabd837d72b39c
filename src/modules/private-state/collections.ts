/** The collections that private state points into. */
export const POST = 'app.bsky.feed.post'
export const LIST = 'app.bsky.graph.list'
