// Brings a recipe in from a file or from pasted text.

import { type FormEvent, useId, useState } from 'react';
import { type Api, ApiError } from '../lib/api';
import { SharingCalls } from '../lib/sharing';
import { words } from '../words';
import { seldomWords } from '../words-seldom';

const say = seldomWords.bringIn;

interface Props {
  api: Api;
  recipeId: string;
}

export function BringIn({ api, recipeId }: Props) {
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
      await new SharingCalls(api, recipeId).bringIn(text);
      dialog?.close();
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  return (
    <form className="bring-in" onSubmit={event => void submit(event)}>
      <p className="soft">{say.text}</p>
      <label htmlFor={`${id}-file`}>{say.file}</label>
      <input
        id={`${id}-file`}
        type="file"
        accept=".cook,.json,.jsonld,.txt,text/plain,application/json,application/ld+json"
        onChange={async event => setText((await event.target.files?.[0]?.text()) ?? text)}
      />
      <label htmlFor={`${id}-text`}>{say.paste}</label>
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
        {busy ? words.signIn.busy : say.submit}
      </button>
    </form>
  );
}

function problemText(error: unknown): string {
  if (!(error instanceof ApiError)) return say.failed;
  switch (error.status) {
    case 403:
      return say.forbidden;
    case 400:
    case 422:
      return error.message || say.unreadable;
    default:
      return error.message || say.failed;
  }
}
