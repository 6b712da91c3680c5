// The person's recipes, and a field that opens or creates one by name.

import type { User } from '@recipe-chat/client';
import { type FormEvent, useEffect, useState } from 'react';
import type { Api, RecipeSummary } from '../lib/api';
import { navigate, recipeIdFrom } from '../lib/navigation';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { AppMenu } from './AppMenu';
import { Link } from './Link';

const labels = lazyTexts.home;

export default function HomePage({ api, user }: { api: Api; user: User }) {
  const [recipes, setRecipes] = useState<RecipeSummary[] | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    document.title = texts.appName;
    let isUnmounted = false;
    api.recipes().then(
      found => isUnmounted || setRecipes(found),
      () => isUnmounted || setProblem(labels.failed),
    );
    return () => {
      isUnmounted = true;
    };
  }, [api]);

  const open = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name')).trim();
    if (name === '') return;
    setProblem('');
    try {
      navigate(`/r/${await api.createRecipe(name, recipeIdFrom(name))}`);
    } catch {
      setProblem(texts.signIn.unreachable);
    }
  };

  return (
    <div className="page home-page">
      <header className="page-header">
        <h1>{texts.home}</h1>
        <AppMenu api={api} user={user} />
      </header>
      <main>
        <form className="open-form" onSubmit={event => void open(event)}>
          <label htmlFor="recipe-name">{labels.label}</label>
          <div className="row">
            <input
              id="recipe-name"
              name="name"
              placeholder={labels.placeholder}
              maxLength={100}
              required
            />
            <button type="submit" className="primary">
              {labels.open}
            </button>
          </div>
        </form>
        <p role="alert" className="problem">
          {problem}
        </p>
        <RecipeList recipes={recipes} />
      </main>
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
