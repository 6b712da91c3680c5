// The person's recipes as cards: searched, filtered, page by page; and a field that creates one.

import type { User } from '@recipe-chat/client';
import { useEffect, useRef, useState } from 'react';
import { type Filter, useRecipeList } from '../hooks/useRecipeList';
import { useShortcuts } from '../hooks/useShortcuts';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { AppMenu } from './AppMenu';
import { Icon } from './Icon';
import { NewRecipe } from './NewRecipe';
import { RecipeShelf } from './RecipeShelf';
import { SignInAgain } from './SignInAgain';

const labels = lazyTexts.home;
const FILTERS: readonly Filter[] = ['all', 'mine', 'shared'];

export default function HomePage({ api, user }: { api: Api; user: User }) {
  const [query, setQuery] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [tag, setTag] = useState<string | null>(null);
  const list = useRecipeList(api, user.id, { query, filter, tag });
  const isSearch = query !== '' || filter !== 'all' || tag !== null;
  const isEmpty = !isSearch && list.recipes?.length === 0;
  const search = useRef<HTMLInputElement>(null);
  useShortcuts({ '/': () => search.current?.focus() });
  useEffect(() => {
    document.title = texts.appName;
  }, []);
  if (list.hasEnded) {
    return (
      <div className="page home-page">
        <SignInAgain api={api} user={user} onSignedIn={list.reload} />
      </div>
    );
  }
  return (
    <div className="page home-page">
      <header className="page-header">
        <label className="search grow">
          <span className="visually-hidden">{labels.search}</span>
          <Icon name="search" />
          <input
            ref={search}
            type="search"
            placeholder={labels.search}
            value={query}
            onChange={event => setQuery(event.target.value)}
          />
        </label>
        <AppMenu api={api} user={user} />
      </header>
      <main tabIndex={-1}>
        <h1>{texts.home}</h1>
        <NewRecipe api={api} onSignedOut={list.end} />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
        <div className="chips" role="group" aria-label={labels.filter} hidden={isEmpty}>
          {FILTERS.map(name => (
            <button
              type="button"
              className="chip"
              key={name}
              aria-pressed={filter === name}
              onClick={() => setFilter(name)}
            >
              {labels.filters[name]}
            </button>
          ))}
          {list.tags.length > 0 && <span className="chips-line" aria-hidden="true" />}
          {list.tags.map(name => (
            <button
              type="button"
              className="chip"
              key={name}
              aria-pressed={tag === name}
              onClick={() => setTag(tag === name ? null : name)}
            >
              <span dir="auto">{name}</span>
            </button>
          ))}
        </div>
        {(list.problem || list.areKept) && (
          <p className="row list-note">
            {list.problem ? (
              <span role="alert" className="problem">
                {list.problem}
              </span>
            ) : (
              <span role="status">{lazyTexts.offline.keptList}</span>
            )}
            <button type="button" className="secondary" onClick={list.reload}>
              {texts.tryAgain}
            </button>
          </p>
        )}
        <RecipeShelf api={api} me={user} list={list} isSearch={isSearch} />
      </main>
    </div>
  );
}
