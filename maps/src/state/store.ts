/** The page's state in one place. Listeners name the fields they care about. */

export interface Store<T extends object> {
  readonly now: Readonly<T>;
  set(change: Partial<T>): void;
  on(fields: (keyof T)[], listener: (state: Readonly<T>) => void): void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let state = initial;
  const listeners: { fields: (keyof T)[]; listener: (state: Readonly<T>) => void }[] = [];
  return {
    get now() {
      return state;
    },
    set(change) {
      const before = state;
      state = { ...state, ...change };
      for (const { fields, listener } of listeners) {
        if (fields.some((field) => !Object.is(before[field], state[field]))) listener(state);
      }
    },
    on(fields, listener) {
      listeners.push({ fields, listener });
    },
  };
}
