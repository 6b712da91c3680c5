// Creates a recipe of one's own, and goes there.

import type { FormEvent } from 'react';
import { useTask } from '../hooks/useTask';
import { type Api, isSignedOut } from '../lib/api';
import { navigate } from '../lib/navigation';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';

const labels = lazyTexts.home;

interface Props {
  api: Api;
  onSignedOut: () => void;
}

export function NewRecipe({ api, onSignedOut }: Props) {
  const task = useTask();
  const create = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const title = String(new FormData(event.currentTarget).get('title')).trim();
    if (title === '') return;
    await task.run(async () => {
      try {
        navigate(`/r/${await api.createRecipe(title)}`);
      } catch (error) {
        if (isSignedOut(error)) return onSignedOut();
        throw error;
      }
    });
  };
  return (
    <form className="new-recipe" onSubmit={event => void create(event)}>
      <label className="visually-hidden" htmlFor="recipe-title">
        {labels.label}
      </label>
      <input
        id="recipe-title"
        name="title"
        autoComplete="off"
        placeholder={labels.placeholder}
        maxLength={200}
        required
      />
      <button type="submit" className="primary" disabled={task.isRunning}>
        <Icon name="plus" />
        {labels.create}
      </button>
      <p role="alert" className="problem">
        {task.problem}
      </p>
    </form>
  );
}
