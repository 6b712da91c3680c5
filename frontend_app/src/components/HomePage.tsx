// The person's recipes as cards: searched, filtered, page by page; the first card makes a new one.

import type { User } from '@recipe-chat/client';
import { useEffect, useRef, useState } from 'react';
import { useOutOfView } from '../hooks/useOutOfView';
import { type Filter, useRecipeList } from '../hooks/useRecipeList';
import { useShortcuts } from '../hooks/useShortcuts';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { AppMenu } from './AppMenu';
import { Face } from './Face';
import { Icon } from './Icon';
import { NewRecipe } from './NewRecipe';
import { RecipeFilters } from './RecipeFilters';
import { RecipeShelf } from './RecipeShelf';
import { SignInAgain } from './SignInAgain';

const labels = lazyTexts.home;

export default function HomePage({ api, user }: { api: Api; user: User }) {
  const [query, setQuery] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [tag, setTag] = useState<string | null>(null);
  const list = useRecipeList(api, user.id, { query, filter, tag });
  const isSearch = query !== '' || filter !== 'all' || tag !== null;
  const isEmpty = !isSearch && list.recipes?.length === 0;
  const search = useRef<HTMLInputElement>(null);
  const newTitle = useRef<HTMLTextAreaElement>(null);
  const isTitleAway = useOutOfView(newTitle);
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
        <p className="brand">
          <img src="/favicon.svg" alt="" width="32" height="32" />
          <span className="wide-only">{texts.appName}</span>
        </p>
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
        <div className="row header-end">
          {isTitleAway && (
            <button
              type="button"
              className="primary to-new-recipe"
              onClick={() => {
                newTitle.current?.scrollIntoView({ block: 'center' });
                newTitle.current?.focus({ preventScroll: true });
              }}
            >
              <Icon name="plus" />
              {labels.create}
            </button>
          )}
          <AppMenu api={api} user={user} icon={<Face user={user} />} />
        </div>
      </header>
      <main tabIndex={-1} className={isEmpty ? 'empty-shelf' : undefined}>
        <h1>{isEmpty ? labels.emptyTitle : texts.home}</h1>
        {isEmpty && (
          <p className="soft lead" role="status">
            {labels.empty}
          </p>
        )}
        {!isEmpty && (
          <RecipeFilters
            tags={list.tags}
            filter={filter}
            tag={tag}
            onFilter={setFilter}
            onTag={setTag}
          />
        )}
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
        <RecipeShelf api={api} me={user} list={list} isSearch={isSearch}>
          <NewRecipe api={api} field={newTitle} onSignedOut={list.end} />
        </RecipeShelf>
      </main>
    </div>
  );
}
