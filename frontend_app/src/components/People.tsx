// Who may come into a recipe. The owner invites, removes, and decides whether it is open to all; others see the list.

import { useCallback, useEffect, useMemo, useState } from 'react';
import { type Api, ApiError } from '../lib/api';
import { type Member, type MemberRole, type Sharing, SharingCalls } from '../lib/sharing';
import { words } from '../words';
import { seldomWords } from '../words-seldom';
import { Invitation, RoleOptions } from './Invitation';

const say = seldomWords.people;

export function People({ api, recipeId }: { api: Api; recipeId: string }) {
  const calls = useMemo(() => new SharingCalls(api, recipeId), [api, recipeId]);
  const { sharing, news, problem, reload, change } = useSharing(calls);
  if (!sharing) {
    return problem ? (
      <p>
        <span role="alert">{problem}</span>{' '}
        <button type="button" className="quiet" onClick={reload}>
          {words.tryAgain}
        </button>
      </p>
    ) : (
      <p className="soft">{say.loading}</p>
    );
  }
  const isOwner = sharing.your_role === 'owner';
  const invite = (name: string, role: MemberRole) =>
    change(() => calls.invite(name, role), say.added(name));
  return (
    <div className="people">
      <Openness
        sharing={sharing}
        onChange={visibility => void change(() => calls.open(visibility), say.changed)}
      />
      <CopyLink />
      <h3>{say.list}</h3>
      <ul>
        <li className="person">
          <span dir="auto">{sharing.owner.name}</span>
          <span className="soft">{say.roles.owner}</span>
        </li>
        {sharing.members.map(member => (
          <Person
            key={member.name}
            member={member}
            isOwner={isOwner}
            onRole={role => void change(() => calls.invite(member.name, role), say.changed)}
            onRemove={() => void change(() => calls.remove(member.name), say.removed(member.name))}
          />
        ))}
      </ul>
      {isOwner && <Invitation onInvite={invite} />}
      <p role="status" className="soft">
        {news}
      </p>
      <p role="alert" className="problem">
        {problem}
      </p>
    </div>
  );
}

/** The list as the server has it: read at first and after each change. */
function useSharing(calls: SharingCalls) {
  const [sharing, setSharing] = useState<Sharing | null>(null);
  const [news, setNews] = useState('');
  const [problem, setProblem] = useState('');
  const reload = useCallback(async () => {
    try {
      setSharing(await calls.read());
      setProblem('');
    } catch {
      setProblem(say.failed);
    }
  }, [calls]);
  useEffect(() => void reload(), [reload]);

  /** Answers whether it worked. */
  const change = async (run: () => Promise<void>, done: string): Promise<boolean> => {
    setNews('');
    setProblem('');
    try {
      await run();
    } catch (error) {
      setProblem(problemText(error));
      return false;
    }
    setNews(done);
    await reload();
    return true;
  };
  return { sharing, news, problem, reload: () => void reload(), change };
}

function problemText(error: unknown): string {
  if (!(error instanceof ApiError) || error.status === 0) return say.refused;
  return error.status === 403 ? say.forbidden : error.message || say.refused;
}

interface OpennessProps {
  sharing: Sharing;
  onChange: (visibility: Sharing['visibility']) => void;
}

function Openness({ sharing: { visibility, your_role }, onChange }: OpennessProps) {
  return (
    <fieldset disabled={your_role !== 'owner'}>
      <legend>{say.visibility.legend}</legend>
      {(['public', 'private'] as const).map(one => (
        <label key={one}>
          <input
            type="radio"
            name="visibility"
            checked={visibility === one}
            onChange={() => onChange(one)}
          />
          {say.visibility[one]}
        </label>
      ))}
    </fieldset>
  );
}

function CopyLink() {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(location.origin + location.pathname);
    setCopied(true);
  };
  return (
    <button type="button" className="secondary" onClick={() => void copy().catch(() => {})}>
      {copied ? say.copied : say.copyLink}
    </button>
  );
}

interface PersonProps {
  member: Member;
  isOwner: boolean;
  onRole: (role: MemberRole) => void;
  onRemove: () => void;
}

function Person({ member: { name, role, joined }, isOwner, onRole, onRemove }: PersonProps) {
  return (
    <li className="person">
      <span dir="auto">
        {name} {!joined && <span className="tag soft">{say.waiting}</span>}
      </span>
      {isOwner ? (
        <>
          <select
            aria-label={say.roleOf(name)}
            value={role}
            onChange={event => onRole(event.target.value as MemberRole)}
          >
            <RoleOptions />
          </select>
          <button
            type="button"
            className="quiet"
            aria-label={say.removeName(name)}
            onClick={onRemove}
          >
            {say.remove}
          </button>
        </>
      ) : (
        <span className="soft">{say.roles[role]}</span>
      )}
    </li>
  );
}
