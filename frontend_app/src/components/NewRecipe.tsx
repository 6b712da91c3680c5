// Creates a recipe of one's own, and goes there: by its name, or from a whole recipe or a link that is pasted.

import {
  type ClipboardEvent,
  type FormEvent,
  type KeyboardEvent,
  type RefObject,
  useState,
} from 'react';
import { useTask } from '../hooks/useTask';
import { type Api, isSignedOut } from '../lib/api';
import { linkIn } from '../lib/imports';
import { navigate } from '../lib/navigation';
import { RecipeCalls } from '../lib/recipes';
import { lazyTexts } from '../texts-lazy';
import { Dialog } from './Dialog';
import { Icon } from './Icon';
import { lazyComponent } from './lazy';

const ImportRecipe = lazyComponent(() => import('./ImportRecipe'));

const labels = lazyTexts.home;
const MAX_TITLE_LENGTH = 200;

interface Props {
  api: Api;
  field: RefObject<HTMLTextAreaElement | null>;
  onSignedOut: () => void;
}

export function NewRecipe({ api, field, onSignedOut }: Props) {
  const task = useTask();
  /** What is imported, perhaps nothing yet; null while no import is open. */
  const [imported, setImported] = useState<string | null>(null);
  const importPasted = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text').trim();
    if (isTitle(text)) return;
    event.preventDefault();
    setImported(text);
  };
  const create = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get('title')).trim();
    if (text === '') return;
    if (!isTitle(text)) return setImported(text);
    await task.run(async () => {
      try {
        navigate(`/r/${await new RecipeCalls(api).create(text)}`);
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
        <textarea
          id="recipe-title"
          ref={field}
          name="title"
          rows={2}
          autoComplete="off"
          placeholder={labels.placeholder}
          required
          onPaste={importPasted}
          onKeyDown={submitOnEnter}
        />
        <div className="row">
          <button type="button" className="plain" onClick={() => setImported('')}>
            <Icon name="file" />
            {labels.importRecipe}
          </button>
          <button type="submit" className="primary" disabled={task.isRunning}>
            <Icon name="plus" />
            {labels.create}
          </button>
        </div>
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

/** Else it is a recipe, or leads to one. */
const isTitle = (text: string) =>
  !text.includes('\n') && text.length <= MAX_TITLE_LENGTH && !linkIn(text);

/** With Shift it makes a line, and while an input method composes it ends that. */
function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>): void {
  const { nativeEvent, key, shiftKey, keyCode, currentTarget } = event;
  if (nativeEvent.isComposing || keyCode === 229 || key !== 'Enter' || shiftKey) return;
  event.preventDefault();
  currentTarget.form?.requestSubmit();
}
