/** Moves as the command line makes them, without the command line: what is kept on disk there is kept in memory here. */
import {
  MoveAccount,
  type Moved,
  type MoveOptions,
  type Secret,
  type Step,
} from '../../src/modules/migration/move/move-account.js'
import { type MoveState, newMove } from '../../src/modules/migration/move/move-state.js'

export interface MoverInput extends Partial<Omit<MoveOptions, 'ask' | 'save' | 'onProgress'>> {
  from: string
  to: string
  identifier: string
  plc: string
  /** What the owner answers, null where he does not. */
  secrets: Partial<Record<Secret, string | null | (() => string | Promise<string>)>>
  /** Called when a step begins. */
  onStep?: (step: Step) => Promise<void> | void
}

export interface Mover {
  /** What has been saved. */
  state: MoveState
  /** One run, from what has been saved. */
  run(): Promise<Moved>
}

export function mover({ from, to, identifier, secrets, onStep, ...options }: MoverInput): Mover {
  const it: Mover = {
    state: newMove(from, to, identifier),
    run() {
      // A run of its own knows nothing but what is on the disk.
      const state = structuredClone(it.state)
      return new MoveAccount(state, {
        ...options,
        save: (kept) => (it.state = structuredClone(kept)),
        ask: async (secret) => {
          const answer = secrets[secret]
          return typeof answer === 'function' ? answer() : (answer ?? null)
        },
        onStep,
      }).run()
    },
  }
  return it
}
