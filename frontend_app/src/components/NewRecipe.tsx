// Creates a recipe of one's own, and goes there: by its name, or from a whole recipe that is pasted.

import { type ClipboardEvent, type FormEvent, useState } from 'react';
import { useTask } from '../hooks/useTask';
import { type Api, isSignedOut } from '../lib/api';
import { linkIn } from '../lib/imports';
import { navigate } from '../lib/navigation';
import { lazyTexts } from '../texts-lazy';
import { Dialog } from './Dialog';
import { Icon } from './Icon';
import { lazyComponent } from './lazy';

const ImportRecipe = lazyComponent(() => import('./ImportRecipe'));

const labels = lazyTexts.home;

interface Props {
  api: Api;
  onSignedOut: () => void;
}

export function NewRecipe({ api, onSignedOut }: Props) {
  const task = useTask();
  /** What was pasted; null while nothing is imported. */
  const [imported, setImported] = useState<string | null>(null);
  const importPasted = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text').trim();
    if (!text.includes('\n') && !linkIn(text)) return;
    event.preventDefault();
    setImported(text);
  };
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
    <>
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
          onPaste={importPasted}
        />
        <button type="submit" className="primary" disabled={task.isRunning}>
          <Icon name="plus" />
          {labels.create}
        </button>
        <button type="button" className="secondary" onClick={() => setImported('')}>
          {labels.importRecipe}
        </button>
        <p role="alert" className="problem">
          {task.problem}
        </p>
      </form>
      {imported !== null && (
        <Dialog title={lazyTexts.importRecipe.title} onClose={() => setImported(null)}>
          <ImportRecipe api={api} recipeId={null} startText={imported} />
        </Dialog>
      )}
    </>
  );
}
