// One listener a signal, however many requests hang on it: a listener each would be slow and is taken for a leak.

const watchersBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back once when the signal is aborted; returns what takes the call back. The signal is not aborted yet. */
export function watchSignal(signal: AbortSignal, callback: () => void): () => void {
  let watchers = watchersBySignal.get(signal);
  if (watchers === undefined) {
    const created = new Set<() => void>();
    watchersBySignal.set(signal, created);
    signal.addEventListener("abort", () => created.forEach((call) => void call()), { once: true });
    watchers = created;
  }
  const held = watchers;
  held.add(callback);
  return () => void held.delete(callback);
}
