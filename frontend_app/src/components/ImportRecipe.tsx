// Imports a recipe from a file, from pasted text, or from a page's address. Where the server can say what the text would
// become, nothing is changed before its reader has seen that.

import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useTask } from '../hooks/useTask';
import { type Api, ApiError } from '../lib/api';
import {
  type Document,
  documentOf,
  ImportCalls,
  linkIn,
  type Offered,
  type Preview,
  provisionalTitle,
} from '../lib/imports';
import { navigate } from '../lib/navigation';
import { lazyTexts } from '../texts-lazy';
import { closeDialog } from './Dialog';
import { FileButton } from './FileButton';
import { ImportPreview } from './ImportPreview';

const labels = lazyTexts.importRecipe;

interface Props {
  api: Api;
  /** The one that is open; null where a new one is made. */
  recipeId: string | null;
  /** What was pasted already. */
  startText?: string;
}

export default function ImportRecipe({ api, recipeId, startText = '' }: Props) {
  const id = useId();
  const calls = useMemo(() => new ImportCalls(api), [api]);
  const [text, setText] = useState(startText);
  const [preview, setPreview] = useState<Preview | null>(null);
  const offered = useOffered(calls);
  const task = useTask(labels.problems);
  const create = (title: string, document: Document) =>
    task.run(async () => {
      const made = await calls.create(title || labels.unnamed, document);
      closeDialog();
      navigate(`/r/${made}`);
    });
  const change = async (work: () => Promise<void>) => (await task.run(work)) && closeDialog();
  const read = async (from: string, can: Offered) => {
    const link = linkIn(from);
    if (link && !can.links) return task.fail(labels.noLinks);
    const document = documentOf(from);
    if (can.preview) {
      await task.run(async () =>
        setPreview(
          await (link ? fetchPage(calls, link) : calls.preview(document, recipeId ?? undefined)),
        ),
      );
    } else if (recipeId === null) await create(provisionalTitle(from), document);
    else await change(() => calls.replace(recipeId, document));
  };
  const started = useRef(false);
  useEffect(() => {
    if (!offered?.preview || startText === '' || started.current) return;
    started.current = true;
    void read(startText, offered);
  });
  if (preview) {
    const { recipe, document } = preview;
    return (
      <ImportPreview
        preview={preview}
        isRunning={task.isRunning}
        problem={task.problem}
        onBack={() => setPreview(null)}
        onCreate={() => void create(recipe.title, document)}
        onReplace={
          recipeId !== null && (() => void change(() => calls.replace(recipeId, document)))
        }
        onAdd={recipeId !== null && (() => void change(() => calls.add(recipeId, recipe)))}
      />
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (offered) void read(text, offered);
  };
  const isReplacing = offered?.preview === false && recipeId !== null;
  return (
    <form className="import-recipe" onSubmit={submit}>
      <p className="soft">{isReplacing ? labels.replaces : labels.text(offered?.links === true)}</p>
      <label className="visually-hidden" htmlFor={`${id}-text`}>
        {labels.paste}
      </label>
      <textarea
        id={`${id}-text`}
        rows={8}
        dir="auto"
        required
        placeholder={labels.placeholder}
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <p role="alert" className="problem">
        {task.problem}
      </p>
      <p className="row dialog-buttons">
        <FileButton onText={setText} onProblem={task.fail} />
        <span className="grow" />
        <button type="submit" className="primary" disabled={task.isRunning || !offered}>
          {task.isRunning
            ? lazyTexts.signIn.busy
            : offered?.preview === false
              ? labels.submit
              : labels.preview}
        </button>
      </p>
    </form>
  );
}

/** An edge may be told to fetch none. */
function fetchPage(calls: ImportCalls, link: string): Promise<Preview> {
  return calls.fetchPage(link).catch(error => {
    const isOff = error instanceof ApiError && error.status === 404;
    throw isOff ? new ApiError(404, labels.noLinks) : error;
  });
}

/** Null until the server has answered. */
function useOffered(calls: ImportCalls): Offered | null {
  const [offered, setOffered] = useState<Offered | null>(null);
  useEffect(() => {
    let isUnmounted = false;
    void calls.offered().then(found => isUnmounted || setOffered(found));
    return () => {
      isUnmounted = true;
    };
  }, [calls]);
  return offered;
}
