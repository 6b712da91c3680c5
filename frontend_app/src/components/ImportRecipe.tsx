// Imports a recipe from a file or from pasted text.

import { type FormEvent, useId, useState } from 'react';
import { type Api, ApiError } from '../lib/api';
import { SharingCalls } from '../lib/sharing';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.importRecipe;

interface Props {
  api: Api;
  recipeId: string;
}

export function ImportRecipe({ api, recipeId }: Props) {
  const id = useId();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const dialog = event.currentTarget.closest('dialog');
    setBusy(true);
    setProblem('');
    try {
      await new SharingCalls(api, recipeId).importRecipe(text);
      dialog?.close();
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  return (
    <form className="import-recipe" onSubmit={event => void submit(event)}>
      <p className="soft">{labels.text}</p>
      <label htmlFor={`${id}-file`}>{labels.file}</label>
      <input
        id={`${id}-file`}
        type="file"
        accept=".cook,.json,.jsonld,.txt,.html,.htm,text/plain,text/html,application/json,application/ld+json"
        onChange={async event => setText((await event.target.files?.[0]?.text()) ?? text)}
      />
      <label htmlFor={`${id}-text`}>{labels.paste}</label>
      <textarea
        id={`${id}-text`}
        rows={8}
        dir="auto"
        required
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <p role="alert" className="problem">
        {problem}
      </p>
      <button type="submit" className="primary" disabled={busy}>
        {busy ? texts.signIn.busy : labels.submit}
      </button>
    </form>
  );
}

function problemText(error: unknown): string {
  if (!(error instanceof ApiError)) return labels.failed;
  switch (error.status) {
    case 403:
      return labels.forbidden;
    case 400:
    case 422:
      return error.message || labels.unreadable;
    default:
      return error.message || labels.failed;
  }
}
