// The person's recipes, as they are asked for: searched while one types, by tag, and page by page; without a network
// those that this browser has kept.

import { useCallback, useEffect, useRef, useState } from 'react';
import { type Api, isSignedOut } from '../lib/api';
import { keptRecipes } from '../lib/kept-recipes';
import { RecipeCalls, type RecipeSummary } from '../lib/recipes';
import { lazyTexts } from '../texts-lazy';

export type Filter = 'all' | 'mine' | 'shared';

/** What of the recipes is shown. */
export interface RecipeFilter {
  query: string;
  filter: Filter;
  /** Null for all tags. */
  tag: string | null;
}

/** A query is sent when nothing was typed for this time, in ms. */
const TYPING_PAUSE = 250;
/** How many tags are offered, the most used ones. */
const MAX_TAGS = 8;

export interface RecipeList {
  /** Null before the first answer. */
  recipes: readonly RecipeSummary[] | null;
  /** The tags that the person's recipes have. */
  tags: readonly string[];
  /** Fetches the next page; null when there is none. */
  showMore: (() => void) | null;
  problem: string;
  /** There is no network: they are those that this browser has kept. */
  areKept: boolean;
  /** The person has to sign in again. */
  hasEnded: boolean;
  end: () => void;
  reload: () => void;
  remove: (id: string) => void;
}

interface Loaded {
  recipes: readonly RecipeSummary[];
  next: string | null;
  areKept?: boolean;
}

export function useRecipeList(api: Api, userId: string, wanted: RecipeFilter): RecipeList {
  const { query, tag } = wanted;
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [tags, setTags] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState('');
  const [hasEnded, setEnded] = useState(false);
  /** The last request that was started: the answers to others come too late. */
  const latest = useRef(0);
  // The server finds tags too; which of what it found has exactly this one is seen here.
  const asked = query.trim() || (tag ?? '');

  const fetch = useCallback(
    async (before: Loaded | null) => {
      latest.current += 1;
      const request = latest.current;
      setProblem('');
      try {
        const page = await new RecipeCalls(api).list({
          query: asked,
          cursor: before?.next ?? null,
        });
        if (request !== latest.current) return;
        const recipes = [...(before?.recipes ?? []), ...page.recipes];
        setLoaded({ recipes, next: page.next_cursor ?? null });
        if (asked === '') setTags(tagsOf(recipes));
      } catch (error) {
        if (request !== latest.current) return;
        if (isSignedOut(error)) return setEnded(true);
        const kept = keptRecipes(userId);
        if (kept.length > 0) setLoaded({ recipes: kept, next: null, areKept: true });
        else setProblem(lazyTexts.home.failed);
      }
    },
    [api, userId, asked],
  );
  useEffect(() => {
    const timer = setTimeout(() => void fetch(null), asked === '' ? 0 : TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [fetch, asked]);
  const areKept = loaded?.areKept === true;
  useEffect(() => {
    if (!areKept) return;
    const retry = () => void fetch(null);
    addEventListener('online', retry);
    return () => removeEventListener('online', retry);
  }, [fetch, areKept]);

  return {
    recipes: loaded?.recipes.filter(recipe => passes(recipe, wanted, areKept)) ?? null,
    tags,
    showMore: loaded?.next ? () => void fetch(loaded) : null,
    problem,
    areKept,
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

/** What the server has searched is not searched again: it finds ingredients, too. */
function passes(
  recipe: RecipeSummary,
  { query, filter, tag }: RecipeFilter,
  isKept: boolean,
): boolean {
  const { title, role, owned, tags = [] } = recipe;
  const isMine = role === 'owner' || owned === true;
  if (filter !== 'all' && isMine !== (filter === 'mine')) return false;
  if (tag !== null && !tags.includes(tag)) return false;
  const words = query.trim().toLowerCase();
  return !isKept || [title, ...tags].some(text => text.toLowerCase().includes(words));
}

/** The most used ones first. */
function tagsOf(recipes: readonly RecipeSummary[]): string[] {
  const counts = new Map<string, number>();
  for (const tag of recipes.flatMap(({ tags = [] }) => tags))
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .sort(([a, many], [b, more]) => more - many || a.localeCompare(b))
    .slice(0, MAX_TAGS)
    .map(([tag]) => tag);
}
