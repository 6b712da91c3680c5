// The person's recipes, and a field that creates one.

import type { User } from '@recipe-chat/client';
import { type FormEvent, useEffect, useState } from 'react';
import { type Api, isSignedOut, type RecipeSummary } from '../lib/api';
import { navigate } from '../lib/navigation';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { AppMenu } from './AppMenu';
import { Link } from './Link';
import { SignInAgain } from './SignInAgain';

const labels = lazyTexts.home;

export default function HomePage({ api, user }: { api: Api; user: User }) {
  const [recipes, setRecipes] = useState<RecipeSummary[] | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [problem, setProblem] = useState('');
  const [hasEnded, setEnded] = useState(false);
  const fail = (error: unknown, text: string) => {
    if (isSignedOut(error)) setEnded(true);
    else setProblem(text);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt reads the list anew
  useEffect(() => {
    document.title = texts.appName;
    let isUnmounted = false;
    setProblem('');
    api.recipes().then(
      found => isUnmounted || setRecipes(found),
      error => isUnmounted || fail(error, labels.failed),
    );
    return () => {
      isUnmounted = true;
    };
  }, [api, attempt]);
  const retry = () => {
    setEnded(false);
    setAttempt(attempt + 1);
  };

  const create = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const title = String(new FormData(event.currentTarget).get('title')).trim();
    if (title === '') return;
    setProblem('');
    try {
      navigate(`/r/${await api.createRecipe(title)}`);
    } catch (error) {
      fail(error, labels.createFailed);
    }
  };

  return (
    <div className="page home-page">
      <header className="page-header">
        <h1>{texts.home}</h1>
        <span className="grow" />
        <AppMenu api={api} user={user} />
      </header>
      {hasEnded ? (
        <SignInAgain api={api} user={user} onSignedIn={retry} />
      ) : (
        <main tabIndex={-1}>
          <form className="new-recipe" onSubmit={event => void create(event)}>
            <label className="visually-hidden" htmlFor="recipe-title">
              {labels.label}
            </label>
            <input
              id="recipe-title"
              name="title"
              placeholder={labels.placeholder}
              maxLength={200}
              required
            />
            <button type="submit" className="primary">
              {labels.create}
            </button>
          </form>
          {problem && (
            <p className="row">
              <span role="alert" className="problem">
                {problem}
              </span>
              {recipes === null && (
                <button type="button" className="secondary" onClick={retry}>
                  {texts.tryAgain}
                </button>
              )}
            </p>
          )}
          {(recipes || !problem) && <RecipeList recipes={recipes} />}
        </main>
      )}
    </div>
  );
}

function RecipeList({ recipes }: { recipes: RecipeSummary[] | null }) {
  if (recipes === null) return <div className="skeleton lines" aria-hidden="true" />;
  if (recipes.length === 0) return <p className="soft">{labels.empty}</p>;
  return (
    <ul className="recipe-list">
      {recipes.map(({ id, title }) => (
        <li key={id}>
          <Link href={`/r/${id}`} dir="auto">
            {title || id}
          </Link>
        </li>
      ))}
    </ul>
  );
}
