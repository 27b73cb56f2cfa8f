/** Typed events without a platform: a map of names to listeners. Imports nothing. */

/** Events by name, each with the one value it carries. */
export type EventMap = Record<string, unknown>;

/** Takes listeners; `on` returns what removes the listener again. */
export interface Emitter<Events extends EventMap> {
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void;
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
}

/** An emitter. A listener that throws does not keep the others from being called; its error surfaces as an unhandled one. */
export function createEmitter<Events extends EventMap>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
    emit(name, event) {
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          listener(event as never);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
