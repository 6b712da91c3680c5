// Unsent messages in IndexedDB, one record each, per person and recipe, so that they survive a reload.
// A browser that refuses storage costs the survival, nothing else.

import type { OutboxStore } from './websocket';
import type { OutboxMessage } from './ws/outbox';

const STORE = 'outbox';

type Kept = OutboxMessage & { key: string };

export function indexedDbOutbox(userId: string): OutboxStore {
  const keyOf = (recipeId: string, { createdAt, id }: OutboxMessage) =>
    `${userId}/${recipeId}/${String(createdAt).padStart(15, '0')}/${id}`;
  return {
    async load(recipeId) {
      const prefix = `${userId}/${recipeId}/`;
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const kept = await request<Kept[]>('readonly', store => store.getAll(range));
      return kept.map(({ key: _, ...message }) => message);
    },
    save(recipeId, before, after) {
      const gone = before.filter(message => !after.includes(message));
      const news = after.filter(message => !before.includes(message));
      request('readwrite', store => {
        for (const message of gone) store.delete(keyOf(recipeId, message));
        for (const message of news) store.put({ ...message, key: keyOf(recipeId, message) });
      }).catch(ignore);
    },
  };
}

/** After a sign-out nothing of the person stays behind. */
export function clearOutboxes(): Promise<void> {
  return request('readwrite', store => store.clear()).then(ignore, ignore);
}

function ignore(): void {}

let opening: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open('recipe-chat', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: 'key' });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opening;
}

async function request<T = void>(
  mode: IDBTransactionMode,
  use: (store: IDBObjectStore) => IDBRequest | undefined,
): Promise<T> {
  const transaction = (await database()).transaction(STORE, mode);
  const asked = use(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked?.result as T);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
