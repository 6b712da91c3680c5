// Menu items for a recipe as a whole: share, print, export, import and help.

import { type MouseEvent, useState } from 'react';
import type { Api } from '../lib/api';
import { isNotified, setNotified } from '../lib/notifications';
import { RecipeCalls } from '../lib/recipes';
import { saveAs } from '../lib/save-as';
import { lazyTexts } from '../texts-lazy';
import { closeMenu } from './Menu';
import type { RecipeDialogName } from './RecipeDialog';

const labels = lazyTexts.files;

const FILE_EXTENSIONS = {
  cooklang: 'cook',
  'schema.org': 'jsonld',
} as const;

interface Props {
  api: Api;
  userId: string;
  recipeId: string;
  isEditor: boolean;
  onOpen: (dialog: RecipeDialogName) => void;
}

export default function RecipeMenu({ api, userId, recipeId, isEditor, onOpen }: Props) {
  const [problem, setProblem] = useState('');
  const save = async (item: Element, format: keyof typeof FILE_EXTENSIONS) => {
    setProblem('');
    try {
      saveAs(
        await new RecipeCalls(api).download(recipeId, format),
        `${recipeId}.${FILE_EXTENSIONS[format]}`,
      );
      closeMenu(item);
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
      <button type="button" onClick={openDialog('share')}>
        {labels.share}
      </button>
      {isEditor && (
        <button type="button" onClick={openDialog('importRecipe')}>
          {labels.importRecipe}
        </button>
      )}
      <button type="button" onClick={openDialog('history')}>
        {labels.history}
      </button>
      <NoticesButton userId={userId} onProblem={setProblem} />
      <button type="button" onClick={printRecipe}>
        {labels.print}
      </button>
      <button type="button" onClick={event => void save(event.currentTarget, 'cooklang')}>
        {labels.cooklang}
      </button>
      <button type="button" onClick={event => void save(event.currentTarget, 'schema.org')}>
        {labels.schemaOrg}
      </button>
      <button type="button" onClick={openDialog('help')}>
        {labels.help}
      </button>
      <button type="button" className="wide-only" onClick={openDialog('shortcuts')}>
        {labels.shortcuts}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
    </>
  );
}

interface NoticesProps {
  userId: string;
  onProblem: (problem: string) => void;
}

/** Whether changes are told while the page is not in sight. */
function NoticesButton({ userId, onProblem }: NoticesProps) {
  const [isOn, setOn] = useState(() => isNotified(userId));
  const notices = lazyTexts.notices;
  const toggle = async () => {
    const isDone = await setNotified(userId, !isOn);
    onProblem(isDone ? '' : notices.blocked);
    setOn(isNotified(userId));
  };
  return (
    <button type="button" onClick={() => void toggle()}>
      {notices.label}: {isOn ? notices.on : notices.off}
    </button>
  );
}

function printRecipe({ currentTarget }: MouseEvent): void {
  closeMenu(currentTarget);
  print();
}
