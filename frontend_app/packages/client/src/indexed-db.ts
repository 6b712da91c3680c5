// Unsent messages in IndexedDB, one record each, per person and recipe, so that they survive a reload.
// In a browser that refuses storage they do not, and all else works.

import type { OutboxStore } from './options.ts';
import type { OutboxMessage } from './outbox.ts';

const STORE = 'outbox';

type StoredMessage = OutboxMessage & { key: string };

export function indexedDbOutbox(userId: string): OutboxStore {
  const keyOf = (recipeId: string, { createdAt, id }: OutboxMessage) =>
    `${userId}/${recipeId}/${String(createdAt).padStart(15, '0')}/${id}`;
  return {
    async load(recipeId) {
      const prefix = `${userId}/${recipeId}/`;
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const stored = await request<StoredMessage[]>('readonly', store => store.getAll(range));
      return stored.map(({ key: _, ...message }) => message);
    },
    save(recipeId, before, after) {
      const removed = before.filter(message => !after.includes(message));
      const added = after.filter(message => !before.includes(message));
      request('readwrite', store => {
        for (const message of removed) store.delete(keyOf(recipeId, message));
        for (const message of added) store.put({ ...message, key: keyOf(recipeId, message) });
      }).catch(ignore);
    },
  };
}

/** How many messages of this browser have not been sent. */
export function countUnsent(): Promise<number> {
  return request<number>('readonly', store => store.count()).catch(() => 0);
}

/** For a sign-out: no message of the person stays in this browser. */
export function clearOutboxes(): Promise<void> {
  return request('readwrite', store => store.clear()).then(ignore, ignore);
}

function ignore(): void {}

let opening: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const opened = indexedDB.open('recipe-chat', 1);
    opened.onupgradeneeded = () => opened.result.createObjectStore(STORE, { keyPath: 'key' });
    opened.onsuccess = () => resolve(opened.result);
    opened.onerror = () => reject(opened.error);
  });
  return opening;
}

async function request<T = void>(
  mode: IDBTransactionMode,
  use: (store: IDBObjectStore) => IDBRequest | undefined,
): Promise<T> {
  const transaction = (await database()).transaction(STORE, mode);
  const result = use(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(result?.result as T);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
