// What a row of ingredients and a row of steps have in common: how a change of it is shown, and whose it is. With words
// while the difference is shown, and afterwards as a ringed initial, which opens the history there, until the reader has
// come back once more.

import type { User } from '@recipe-chat/client';
import type { ReactNode } from 'react';
import type { RowChanges } from '../hooks/useRowChanges';
import type { Ticks } from '../hooks/useTicks';
import { colorOf, initialOf } from '../lib/people';
import type { Mark, Row } from '../lib/recipe-diff';
import type { RowChange } from '../lib/row-changes';
import { texts } from '../texts';
import { Face } from './Face';

const labels = texts.recipe;
const TAGS: Record<Mark, string | null> = {
  same: null,
  added: labels.added,
  changed: labels.changed,
  removed: labels.removed,
};

/** What of the rows is news to the reader. */
export interface RowNews extends RowChanges {
  /** The reader's user id. */
  me: string;
  /** Opens the history at a revision. */
  onOpen: (revision: number) => void;
}

export interface RowsProps<T> {
  rows: readonly Row<T>[];
  ticks: Pick<Ticks, 'has' | 'toggle'>;
  /** Whose change is marked, where it is not known of the row itself. */
  author?: User | undefined;
  news?: RowNews | undefined;
}

/** A row that is marked has its author's colour. */
export const classOf = (mark: Mark, isDone: boolean, author?: User) =>
  `recipe-row ${mark}${isDone ? ' done' : ''} ${author ? colorOf(author.id) : ''}`;

/** Of the change of a row, as far as it is known. */
export const authorOf = (id: string, author?: User, news?: RowNews) =>
  news?.byId.get(id)?.author ?? author;

export function ChangeTag({ mark, author }: { mark: Mark; author: User | undefined }) {
  const tag = TAGS[mark];
  if (!tag) return null;
  return (
    <span className="change-tag">
      {author && <Face user={author} small />}
      <span className="tag">{tag}</span>
    </span>
  );
}

/** A mark on what another has changed since the reader's last visit. */
export function News({ id, mark, news }: { id: string; mark: Mark; news: RowNews | undefined }) {
  if (!news || mark !== 'same') return null;
  const change = news.byId.get(id);
  const isNews = change && change.revision > news.seen && change.author.id !== news.me;
  return isNews ? <ChangeMark change={change} onOpen={news.onOpen} /> : null;
}

interface ChangeMarkProps {
  change: RowChange;
  onOpen: (revision: number) => void;
}

function ChangeMark({ change: { author, revision }, onOpen }: ChangeMarkProps) {
  const label = labels.changedByTitle(author.name);
  return (
    <button
      type="button"
      className="change-mark"
      aria-label={label}
      title={label}
      onClick={() => onOpen(revision)}
    >
      {initialOf(author.name)}
    </button>
  );
}

interface MarkedProps {
  mark: Mark;
  before?: string | undefined;
  children: ReactNode;
}

/** New text as an insertion, text that is gone as a deletion; for changed text, the old one before it. */
export function Marked({ mark, before, children }: MarkedProps) {
  if (mark === 'same' || children === '') return children;
  if (mark === 'removed') return <del>{children}</del>;
  if (before === undefined) return <ins>{children}</ins>;
  return (
    <>
      <del>{before}</del> <ins>{children}</ins>
    </>
  );
}
