/** What is logged, and where. */
export interface LogSettings {
  enabled: boolean
  level: (typeof LOG_LEVELS)[number]
  /** A file; null: the standard output. */
  destination: string | null
  /** Every request has a line at the level `info`; else at `debug`. */
  requests: boolean
}

/** From everything to nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
