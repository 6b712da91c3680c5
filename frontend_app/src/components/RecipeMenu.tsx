// Takes the recipe out of the app: to paper, or into a file that other programs read.

import { useState } from 'react';
import type { Api } from '../lib/api';
import { words } from '../words';

const FILES = {
  cooklang: 'cook',
  'schema.org': 'jsonld',
} as const;

export default function RecipeMenu({ api, recipeId }: { api: Api; recipeId: string }) {
  const [problem, setProblem] = useState('');
  const save = async (format: keyof typeof FILES) => {
    setProblem('');
    try {
      saveAs(await api.download(recipeId, format), `${recipeId}.${FILES[format]}`);
    } catch {
      setProblem(words.recipe.saveFailed);
    }
  };
  return (
    <>
      <button type="button" onClick={() => print()}>
        {words.recipe.print}
      </button>
      <button type="button" onClick={() => void save('cooklang')}>
        {words.recipe.cooklang}
      </button>
      <button type="button" onClick={() => void save('schema.org')}>
        {words.recipe.schemaOrg}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
    </>
  );
}

function saveAs(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
