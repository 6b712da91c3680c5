// What a component needs of the recipe that the provider above it has opened, and no more: it renders again when that
// changes.

import type { Presence, Snapshot, WebSocketManager } from '@recipe-chat/client';
import { createContext, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { type Chat, chatOf } from './chat.ts';

export const RecipeContext = createContext<WebSocketManager | null>(null);

type Selector<T> = (chat: Chat) => T;

/**
 * The selected part of the chat; without a selector the whole. A selector may make an object of several parts: what
 * counts is whether one of these is another.
 */
export function useRecipeChat(): Chat;
export function useRecipeChat<T>(selector: Selector<T>): T;
export function useRecipeChat<T>(selector?: Selector<T>): T | Chat {
  const manager = useContext(RecipeContext);
  if (!manager) throw new Error('useRecipeChat needs a <RecipeChatProvider> above it');
  const rendered = useRef<T | Chat | undefined>(undefined);
  const getSelected = useMemo(() => {
    let from: Chat | undefined;
    let selected: T | Chat | undefined;
    return () => {
      const chat = chatOf(manager);
      if (chat === from) return selected as T | Chat;
      from = chat;
      const next = selector ? selector(chat) : chat;
      selected = [selected, rendered.current].find(last => isSame(last, next)) ?? next;
      return selected as T | Chat;
    };
  }, [manager, selector]);
  const selected = useSyncExternalStore(manager.subscribe, getSelected, getSelected);
  useEffect(() => {
    rendered.current = selected;
  }, [selected]);
  return selected;
}

/** Equal, or lists or plain objects of equal parts. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isPlain(a) || !isPlain(b)) return false;
  const parts = Object.entries(a);
  return (
    parts.length === Object.keys(b).length &&
    parts.every(([key, value]) => Object.is(value, b[key]))
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value));
}

const NOBODY: Presence = { people: [], count: 0 };

/** Who is on the recipe now: at most 50 of them by name, and how many there are. */
export function usePresence(): Presence {
  return useRecipeChat(selectPresence);
}

const selectPresence = ({ presence }: Chat) => presence ?? NOBODY;

export type ConnectionStatus = Pick<
  Snapshot,
  'state' | 'reason' | 'ending' | 'retryAt' | 'outageSince' | 'reauthSince' | 'connectionId'
>;

/** How the connection is; `reason` and `ending` say why there is none. */
export function useConnectionState(): ConnectionStatus {
  return useRecipeChat(selectConnection);
}

const selectConnection = ({
  state,
  reason,
  ending,
  retryAt,
  outageSince,
  reauthSince,
  connectionId,
}: Chat): ConnectionStatus => ({
  state,
  reason,
  ending,
  retryAt,
  outageSince,
  reauthSince,
  connectionId,
});
