// Keeps the recipe that is open in this browser, and gives it back where there is no connection; tells a reader who
// looks elsewhere of changes, if they asked for that. Loaded after the page has started.

import type { Chat } from '@recipe-chat/react';
import { useEffect, useRef } from 'react';
import { useNow } from '../hooks/useNow';
import { roleOf } from '../lib/access';
import { type KeptRecipe, keepRecipe, readKept } from '../lib/kept-recipes';
import { lastChange } from '../lib/last-change';
import { isNotified, notify } from '../lib/notifications';
import { agoText, texts } from '../texts';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.offline;
/** A recipe is kept when nothing has changed for this time, in ms. */
const PAUSE = 1_000;

interface Props {
  recipeId: string;
  userId: string;
  /** As it is, without what is kept. */
  chat: Chat;
  /** What is shown in place of it; null while that is not needed. */
  shown: KeptRecipe | null;
  onKept: (kept: KeptRecipe) => void;
}

export default function RecipeKeeper({ recipeId, userId, chat, shown, onKept }: Props) {
  const { recipe, messages, state, ending, retryAt } = chat;
  const isLive = state === 'authenticated';
  const role = roleOf(chat.session);
  useEffect(() => {
    if (!recipe || !isLive) return;
    const keep = () => keepRecipe(userId, recipeId, { recipe, messages, role });
    const timer = setTimeout(keep, PAUSE);
    return () => clearTimeout(timer);
  }, [recipe, messages, role, isLive, userId, recipeId]);

  const isMissed = recipe === null && ending === null && (retryAt !== null || !navigator.onLine);
  useEffect(() => {
    const found = isMissed ? readKept(userId, recipeId) : null;
    if (found) onKept(found);
  }, [isMissed, userId, recipeId, onKept]);

  useChangeNotices(chat, userId, recipeId);
  return shown && <KeptNote keptAt={shown.keptAt} onRetry={() => chat.manager.retryNow()} />;
}

function KeptNote({ keptAt, onRetry }: { keptAt: number; onRetry: () => void }) {
  const now = useNow(30_000);
  return (
    <div className="banner">
      <p role="status">{labels.keptRecipe(agoText(Math.max(0, now - keptAt)))}</p>
      <button type="button" className="secondary" onClick={onRetry}>
        {texts.retryNow}
      </button>
    </div>
  );
}

/** What was there when the page was opened, and what its reader did, is no news. */
function useChangeNotices({ recipe, messages }: Chat, userId: string, recipeId: string): void {
  const change = lastChange(messages);
  const revision = change?.revision ?? 0;
  const told = useRef<number | null>(null);
  useEffect(() => {
    if (!recipe) return;
    const before = told.current;
    told.current = Math.max(revision, before ?? 0);
    const isNews = before !== null && revision > before;
    if (!isNews || !change || change.author.id === userId) return;
    if (!document.hidden || !isNotified(userId)) return;
    const body = labels.changed(change.author.name, change.effect);
    void notify(recipe.title, body, `/r/${recipeId}`);
  }, [recipe, revision, change, userId, recipeId]);
}
