// What is done with a recipe as a whole: who may come in, to paper, into a file and out of one.

import { type MouseEvent, useState } from 'react';
import type { Api } from '../lib/api';
import { seldomWords } from '../words-seldom';
import type { RecipeDialogName } from './RecipeDialog';

const say = seldomWords.files;

const FILES = {
  cooklang: 'cook',
  'schema.org': 'jsonld',
} as const;

interface Props {
  api: Api;
  recipeId: string;
  onOpen: (dialog: RecipeDialogName) => void;
}

export default function RecipeMenu({ api, recipeId, onOpen }: Props) {
  const [problem, setProblem] = useState('');
  const save = async (format: keyof typeof FILES) => {
    setProblem('');
    try {
      saveAs(await api.download(recipeId, format), `${recipeId}.${FILES[format]}`);
    } catch {
      setProblem(say.saveFailed);
    }
  };
  const open = (dialog: RecipeDialogName) => (event: MouseEvent) => {
    leaveMenu(event.currentTarget);
    onOpen(dialog);
  };
  return (
    <>
      <button type="button" onClick={open('people')}>
        {say.people}
      </button>
      <button type="button" onClick={() => print()}>
        {say.print}
      </button>
      <button type="button" onClick={() => void save('cooklang')}>
        {say.cooklang}
      </button>
      <button type="button" onClick={() => void save('schema.org')}>
        {say.schemaOrg}
      </button>
      <button type="button" onClick={open('bringIn')}>
        {say.bringIn}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
    </>
  );
}

/** Closes the menu around an item, so that the focus comes back to its button after the dialog. */
function leaveMenu(item: Element): void {
  const menu = item.closest('details');
  menu?.querySelector('summary')?.focus();
  menu?.removeAttribute('open');
}

function saveAs(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
