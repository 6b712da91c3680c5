// For how many people the reader sees the amounts: their own view, which scales at once and sends nothing. To make it
// the recipe's is a second step.

import { numberText, texts } from '../texts';
import { ChangedText } from './ChangedText';
import { Icon } from './Icon';

const labels = texts.recipe;
export const MAX_SERVINGS = 999;

interface Props {
  /** The recipe's own number. */
  count: number;
  before: number | undefined;
  /** What the reader looks at. */
  shown: number;
  /** Sets it, or moves it by so many. */
  onShow: (to: number | { by: number }) => void;
  /** Makes it the recipe's number; absent for those who may not change it. */
  onKeep?: ((count: number) => void) | undefined;
}

export function Servings({ count, before, shown, onShow, onKeep }: Props) {
  const isOwnView = shown !== count;
  return (
    <div className="servings-area">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
      <div className="servings" role="group" aria-label={labels.servings}>
        <button
          type="button"
          aria-label={labels.fewer}
          disabled={shown <= 1}
          onClick={() => onShow({ by: -1 })}
        >
          <Icon name="minus" />
        </button>
        <output>
          {labels.serves}{' '}
          <b>
            <ChangedText
              before={before === undefined || isOwnView ? undefined : numberText(before)}
              after={numberText(shown)}
            />
          </b>
        </output>
        <button
          type="button"
          aria-label={labels.more}
          disabled={shown >= MAX_SERVINGS}
          onClick={() => onShow({ by: 1 })}
        >
          <Icon name="plus" />
        </button>
      </div>
      {isOwnView && (
        <p className="own-view meta">
          <span className="soft">{labels.ownView(count)}</span>
          {onKeep && (
            <button type="button" className="quiet" onClick={() => onKeep(shown)}>
              {labels.keepView(shown)}
            </button>
          )}
          <button type="button" className="quiet" onClick={() => onShow(count)}>
            {labels.backTo(count)}
          </button>
        </p>
      )}
    </div>
  );
}
