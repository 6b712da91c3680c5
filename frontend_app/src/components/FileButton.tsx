// A button that reads a file as text.

import type { ChangeEvent } from 'react';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';

const labels = lazyTexts.importRecipe;
const ACCEPTED =
  '.cook,.json,.jsonld,.txt,.md,.html,.htm,text/plain,text/html,application/json,application/ld+json';
/** In bytes: what the server takes. */
const MAX_SIZE = 512 << 10;
/** What is there where bytes are no text. */
const NO_TEXT = /\0|\uFFFD{2}/;

interface Props {
  onText: (text: string) => void;
  onProblem: (problem: string) => void;
}

export function FileButton({ onText, onProblem }: Props) {
  const read = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const file = target.files?.[0];
    // The same file can be chosen again.
    target.value = '';
    if (!file) return;
    if (file.size > MAX_SIZE) return onProblem(labels.tooLarge);
    const text = await file.text().catch(() => '\0');
    if (NO_TEXT.test(text)) return onProblem(labels.noText);
    onProblem('');
    onText(text);
  };
  return (
    <label className="button secondary file-button">
      <Icon name="file" />
      {labels.file}
      <input
        className="visually-hidden"
        type="file"
        accept={ACCEPTED}
        onChange={event => void read(event)}
      />
    </label>
  );
}
