// The versions of a recipe, newest first: who did what and when; what one of them changed, and the way back to it.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTask } from '../hooks/useTask';
import { withSigns } from '../lib/amounts';
import { type Api, ApiError } from '../lib/api';
import { isTimer } from '../lib/last-change';
import { type Version, VersionCalls } from '../lib/versions';
import { dayText, texts, timeText } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Face } from './Face';
import { VersionDifference } from './VersionDifference';

const labels = lazyTexts.history;

interface Props {
  api: Api;
  recipeId: string;
  /** Whether older versions may be restored by the reader. */
  isEditor: boolean;
  /** The version that is open at first. */
  start?: number | null;
}

export function HistoryList({ api, recipeId, isEditor, start = null }: Props) {
  const calls = useMemo(() => new VersionCalls(api, recipeId), [api, recipeId]);
  const { versions, showMore, problem, reload } = useVersions(calls);
  const [chosen, setChosen] = useState<number | null>(start);
  const list = useRef<HTMLOListElement>(null);
  const isLoaded = versions !== null;
  useEffect(() => {
    if (isLoaded && start !== null)
      list.current?.querySelector('[aria-expanded=true]')?.scrollIntoView({ block: 'nearest' });
  }, [isLoaded, start]);
  const task = useTask();
  const newest = versions?.[0]?.revision ?? 0;
  const now = versions?.find(({ effect }) => !isTimer(effect))?.revision;
  const restore = async (revision: number) => {
    if (!(await task.run(() => calls.restore(revision, newest)))) return;
    setChosen(null);
    reload();
  };
  if (!versions) {
    return problem ? (
      <p>
        <span role="alert">{problem}</span>{' '}
        <button type="button" className="quiet" onClick={reload}>
          {texts.tryAgain}
        </button>
      </p>
    ) : (
      <p className="soft">{lazyTexts.share.loading}</p>
    );
  }
  return (
    <div className="stack">
      {versions.length === 0 && <p className="soft">{labels.empty}</p>}
      <ol className="history" ref={list}>
        {versions.map((version, at) => (
          <li key={version.revision}>
            {dayOf(versions[at - 1]) !== dayOf(version) && <h3>{dayText(version.at)}</h3>}
            {isTimer(version.effect) ? (
              <p className="system meta soft" dir="auto">
                {texts.systemLine(version.author.name, version.effect)} ·{' '}
                <time dateTime={version.at}>{timeText(version.at)}</time>
              </p>
            ) : (
              <VersionRow
                version={version}
                calls={calls}
                now={now ?? 0}
                isOpen={chosen === version.revision}
                onToggle={() => setChosen(chosen === version.revision ? null : version.revision)}
                onRestore={isEditor ? () => void restore(version.revision) : undefined}
                isRestoring={task.isRunning}
              />
            )}
          </li>
        ))}
      </ol>
      {showMore && (
        <button type="button" className="secondary" onClick={showMore}>
          {labels.more}
        </button>
      )}
      <p role="alert" className="problem">
        {task.problem || problem}
      </p>
    </div>
  );
}

interface RowProps {
  version: Version;
  calls: VersionCalls;
  /** The newest one. */
  now: number;
  isOpen: boolean;
  onToggle: () => void;
  /** Absent for those who may only read. */
  onRestore: (() => void) | undefined;
  isRestoring: boolean;
}

function VersionRow({ version, calls, now, isOpen, onToggle, onRestore, isRestoring }: RowProps) {
  const { author, effect, at, revision } = version;
  const isNow = revision === now;
  return (
    <>
      <button type="button" className="version" aria-expanded={isOpen} onClick={onToggle}>
        <Face user={author} small />
        <span className="grow" dir="auto">
          {withSigns(effect)} <span className="soft meta">{author.name}</span>
        </span>
        <time className={isNow ? 'now meta' : 'soft meta'} dateTime={at}>
          {isNow ? labels.now : timeText(at)}
        </time>
      </button>
      {isOpen && (
        <VersionDifference
          calls={calls}
          revision={revision}
          now={now}
          onRestore={isNow ? undefined : onRestore}
          isRestoring={isRestoring}
        />
      )}
    </>
  );
}

const dayOf = (version: Version | undefined) => version && new Date(version.at).toDateString();

function useVersions(calls: VersionCalls) {
  const [loaded, setLoaded] = useState<{ versions: Version[]; next: string | null } | null>(null);
  const [problem, setProblem] = useState('');
  const fetch = useCallback(
    async (before: typeof loaded) => {
      try {
        const page = await calls.list(before?.next ?? undefined);
        const versions = [...(before?.versions ?? []), ...page.versions];
        setLoaded({ versions, next: page.next_cursor ?? null });
        setProblem('');
      } catch (error) {
        const isUnknown = error instanceof ApiError && error.status === 404;
        setProblem(isUnknown ? texts.notServed : labels.failed);
      }
    },
    [calls],
  );
  useEffect(() => void fetch(null), [fetch]);
  return {
    versions: loaded?.versions ?? null,
    showMore: loaded?.next ? () => void fetch(loaded) : null,
    problem,
    reload: () => void fetch(null),
  };
}
