// Offers what one can say, while the field begins with a slash. Loaded then.

import type { Ingredient } from '@recipe-chat/client';
import { commandsFor } from '../lib/commands';
import { lazyTexts } from '../texts-lazy';

interface Props {
  typed: string;
  ingredients: readonly Ingredient[];
  onPick: (text: string) => void;
}

export default function CommandChips({ typed, ingredients, onPick }: Props) {
  const offered = commandsFor(typed, ingredients);
  if (offered.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className="chips commands" role="group" aria-label={lazyTexts.help.title}>
      {offered.map(text => (
        <button type="button" className="chip" key={text} onClick={() => onPick(text)}>
          {text}
        </button>
      ))}
    </div>
  );
}
