// What a screen reader is told of the connection and the recipe: only what has settled, each once.

import type { Chat } from '@recipe-chat/react';
import { useMemo, useState } from 'react';
import { countChanges, diffRecipes } from '../lib/recipe-diff';
import { texts } from '../texts';

interface Props {
  chat: Chat;
  /** The connection is away for so long that a banner says so. */
  banner: boolean;
}

export function Announcements({ chat, banner }: Props) {
  const { changes, previous, recipe } = chat;
  const [wasOut, setWasOut] = useState(false);
  if (banner && !wasOut) setWasOut(true);
  const update = useMemo(() => {
    if (changes === 0 || !recipe) return '';
    const diff = diffRecipes(previous, recipe);
    return texts.recipe.announce(countChanges(diff.ingredients), countChanges(diff.steps));
  }, [changes, previous, recipe]);
  return (
    <div className="visually-hidden">
      <p role="status">{connectionText(chat, banner, wasOut)}</p>
      <p role="status">{update}</p>
    </div>
  );
}

function connectionText({ state, ending }: Chat, banner: boolean, wasOut: boolean): string {
  if (ending) return texts.ended[ending.action];
  if (banner) return texts.outage(0);
  return wasOut && state === 'authenticated' ? texts.backOnline : '';
}
