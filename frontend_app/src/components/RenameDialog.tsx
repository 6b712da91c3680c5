// Asks for another name of a recipe.

import { ChatsContext } from '@recipe-chat/react';
import { type FormEvent, useContext, useId } from 'react';
import { useTask } from '../hooks/useTask';
import { renameRecipe } from '../lib/rename';
import { lazyTexts } from '../texts-lazy';
import { closeDialog, Dialog } from './Dialog';

const labels = lazyTexts.home;

interface Props {
  recipeId: string;
  title: string;
  onClose: () => void;
  onDone: () => void;
}

export function RenameDialog({ recipeId, title, onClose, onDone }: Props) {
  const chats = useContext(ChatsContext);
  const task = useTask();
  const id = useId();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('title')).trim();
    if (name === '') return;
    if (name !== title && !(await task.run(() => renameRecipe(chats, recipeId, name)))) return;
    closeDialog();
    onDone();
  };
  return (
    <Dialog title={labels.renameTitle} onClose={onClose}>
      <form className="stack" onSubmit={event => void submit(event)}>
        <p>
          <label className="field-label" htmlFor={id}>
            {labels.newName}
          </label>
          <input
            id={id}
            name="title"
            dir="auto"
            autoComplete="off"
            defaultValue={title}
            maxLength={200}
            required
          />
        </p>
        <p role="alert" className="problem">
          {task.problem}
        </p>
        <p className="row dialog-buttons">
          <button type="submit" className="primary" disabled={task.isRunning}>
            {task.isRunning ? lazyTexts.signIn.busy : labels.renameSubmit}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
