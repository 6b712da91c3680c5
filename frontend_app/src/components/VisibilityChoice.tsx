// For whom a recipe is open beside its people.

import type { Visibility } from '../lib/access';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.share;
const CHOICES: readonly Visibility[] = ['private', 'open', 'public'];

interface Props {
  recipeId: string;
  visibility: Visibility;
  isOwner: boolean;
  onChange: (visibility: Visibility) => void;
}

export function VisibilityChoice({ recipeId, visibility, isOwner, onChange }: Props) {
  return (
    <fieldset disabled={!isOwner}>
      <legend>{labels.visibility.legend}</legend>
      {CHOICES.map(choice => (
        <label key={choice}>
          <input
            type="radio"
            name="visibility"
            checked={visibility === choice}
            onChange={() => onChange(choice)}
          />
          {labels.visibility[choice]}
        </label>
      ))}
      {visibility === 'public' && (
        <p>
          <a href={`/p/${recipeId}`} target="_blank" rel="noreferrer">
            {labels.publicPage}
          </a>
        </p>
      )}
    </fieldset>
  );
}
