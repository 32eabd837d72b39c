/**
 * Shows a change at once, and when `act` fails what was there before. `state` is what is shown until then; `show` changes what the
 * patch names. @throws what `act` does
 */
export async function shownAtOnce<State extends object, Result>(
  state: State,
  patch: State,
  show: (patch: State) => void,
  act: () => Promise<Result>,
): Promise<Result> {
  const before = Object.fromEntries(Object.keys(patch).map((key) => [key, state[key as keyof State]])) as State
  show(patch)
  try {
    return await act()
  } catch (error) {
    show(before)
    throw error
  }
}
