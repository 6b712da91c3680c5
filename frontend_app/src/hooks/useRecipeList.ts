// The person's recipes, as they are asked for: searched while one types, and page by page.

import { useCallback, useEffect, useRef, useState } from 'react';
import { type Api, isSignedOut, type RecipeSummary } from '../lib/api';
import { lazyTexts } from '../texts-lazy';

export type Filter = 'all' | 'mine' | 'shared';

/** A query is sent when nothing was typed for this time, in ms. */
const TYPING_PAUSE = 250;

export interface RecipeList {
  /** Null before the first answer. */
  recipes: readonly RecipeSummary[] | null;
  /** Fetches the next page; null when there is none. */
  showMore: (() => void) | null;
  problem: string;
  /** The person has to sign in again. */
  hasEnded: boolean;
  end: () => void;
  reload: () => void;
  remove: (id: string) => void;
}

interface Loaded {
  recipes: readonly RecipeSummary[];
  next: string | null;
}

export function useRecipeList(api: Api, query: string, filter: Filter): RecipeList {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [problem, setProblem] = useState('');
  const [hasEnded, setEnded] = useState(false);
  /** The last request that was started: the answers to others come too late. */
  const latest = useRef(0);

  const fetch = useCallback(
    async (before: Loaded | null) => {
      latest.current += 1;
      const request = latest.current;
      setProblem('');
      try {
        const page = await api.recipes({ query: query.trim(), cursor: before?.next ?? null });
        if (request !== latest.current) return;
        setLoaded({
          recipes: [...(before?.recipes ?? []), ...page.recipes],
          next: page.next_cursor ?? null,
        });
      } catch (error) {
        if (request !== latest.current) return;
        if (isSignedOut(error)) setEnded(true);
        else setProblem(lazyTexts.home.failed);
      }
    },
    [api, query],
  );
  useEffect(() => {
    const timer = setTimeout(() => void fetch(null), query === '' ? 0 : TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [fetch, query]);

  return {
    recipes: loaded?.recipes.filter(recipe => passes(recipe, filter)) ?? null,
    showMore: loaded?.next ? () => void fetch(loaded) : null,
    problem,
    hasEnded,
    end: () => setEnded(true),
    reload: () => {
      setEnded(false);
      void fetch(null);
    },
    remove: id =>
      setLoaded(
        before => before && { ...before, recipes: before.recipes.filter(one => one.id !== id) },
      ),
  };
}

function passes({ role, owned }: RecipeSummary, filter: Filter): boolean {
  const isMine = role === 'owner' || owned === true;
  return filter === 'all' || isMine === (filter === 'mine');
}
