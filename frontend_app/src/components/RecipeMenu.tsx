// Menu items for a recipe as a whole: people, print, download and import.

import { type MouseEvent, useState } from 'react';
import type { Api } from '../lib/api';
import { lazyTexts } from '../texts-lazy';
import type { RecipeDialogName } from './RecipeDialog';

const labels = lazyTexts.files;

const FILE_EXTENSIONS = {
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
  const save = async (format: keyof typeof FILE_EXTENSIONS) => {
    setProblem('');
    try {
      saveAs(await api.download(recipeId, format), `${recipeId}.${FILE_EXTENSIONS[format]}`);
    } catch {
      setProblem(labels.saveFailed);
    }
  };
  const openDialog = (dialog: RecipeDialogName) => (event: MouseEvent) => {
    closeMenu(event.currentTarget);
    onOpen(dialog);
  };
  return (
    <>
      <button type="button" onClick={openDialog('people')}>
        {labels.people}
      </button>
      <button type="button" onClick={() => print()}>
        {labels.print}
      </button>
      <button type="button" onClick={() => void save('cooklang')}>
        {labels.cooklang}
      </button>
      <button type="button" onClick={() => void save('schema.org')}>
        {labels.schemaOrg}
      </button>
      <button type="button" onClick={openDialog('importRecipe')}>
        {labels.importRecipe}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
    </>
  );
}

/** Closes the menu around an item, and moves the focus to its button, where it returns after the dialog. */
function closeMenu(item: Element): void {
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
