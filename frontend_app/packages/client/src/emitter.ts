// Listeners by the name of what they listen to. Decides nothing.

export interface Emitter<Events> {
  /** Calls the listener each time that it happens; the returned function ends that. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
  /** A listener that throws disturbs nobody: `onError` is told. */
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void;
}

export function createEmitter<Events>(onError: (error: unknown) => void): Emitter<Events> {
  const listeners = new Set<[name: keyof Events, listener: (value: never) => void]>();
  return {
    on(name, listener) {
      const entry: [typeof name, typeof listener] = [name, listener];
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    emit(name, value) {
      for (const [wanted, listener] of listeners) {
        if (wanted !== name) continue;
        try {
          listener(value as never);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
