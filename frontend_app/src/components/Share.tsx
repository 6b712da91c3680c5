// The people of a recipe. The owner invites, removes, and decides whether it is public; others see the list.

import { useCallback, useEffect, useMemo, useState } from 'react';
import { type Api, ApiError } from '../lib/api';
import { type Member, type MemberRole, type Sharing, SharingCalls } from '../lib/sharing';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Invitation, RoleOptions } from './Invitation';

const labels = lazyTexts.share;

export function Share({ api, recipeId }: { api: Api; recipeId: string }) {
  const calls = useMemo(() => new SharingCalls(api, recipeId), [api, recipeId]);
  const { sharing, success, problem, reload, change } = useSharing(calls);
  if (!sharing) {
    return problem ? (
      <p>
        <span role="alert">{problem}</span>{' '}
        <button type="button" className="quiet" onClick={reload}>
          {texts.tryAgain}
        </button>
      </p>
    ) : (
      <p className="soft">{labels.loading}</p>
    );
  }
  const isOwner = sharing.your_role === 'owner';
  const invite = (name: string, role: MemberRole) =>
    change(() => calls.invite(name, role), labels.added(name, labels.roles[role]));
  return (
    <div className="people">
      <VisibilityChoice
        sharing={sharing}
        onChange={visibility => void change(() => calls.setVisibility(visibility), labels.changed)}
      />
      <CopyLink />
      <h3>{labels.list}</h3>
      <ul>
        <li className="person">
          <span dir="auto">{sharing.owner.name}</span>
          <span className="soft">{labels.roles.owner}</span>
        </li>
        {sharing.members.map(member => (
          <MemberRow
            key={member.name}
            member={member}
            isOwner={isOwner}
            onRole={role => void change(() => calls.invite(member.name, role), labels.changed)}
            onRemove={() =>
              void change(() => calls.remove(member.name), labels.removed(member.name))
            }
          />
        ))}
      </ul>
      {isOwner && <Invitation onInvite={invite} />}
      <p role="status" className="soft">
        {success}
      </p>
      <p role="alert" className="problem">
        {problem}
      </p>
    </div>
  );
}

/** The list as the server has it: read on mount and after each change. */
function useSharing(calls: SharingCalls) {
  const [sharing, setSharing] = useState<Sharing | null>(null);
  const [success, setSuccess] = useState('');
  const [problem, setProblem] = useState('');
  const reload = useCallback(async () => {
    try {
      setSharing(await calls.read());
      setProblem('');
    } catch {
      setProblem(labels.failed);
    }
  }, [calls]);
  useEffect(() => void reload(), [reload]);

  /** Resolves to whether it worked. */
  const change = async (request: () => Promise<void>, message: string): Promise<boolean> => {
    setSuccess('');
    setProblem('');
    try {
      await request();
    } catch (error) {
      setProblem(problemText(error));
      return false;
    }
    setSuccess(message);
    await reload();
    return true;
  };
  return { sharing, success, problem, reload: () => void reload(), change };
}

function problemText(error: unknown): string {
  if (!(error instanceof ApiError) || error.status === 0) return labels.refused;
  return error.status === 403 ? labels.forbidden : error.message || labels.refused;
}

interface VisibilityChoiceProps {
  sharing: Sharing;
  onChange: (visibility: Sharing['visibility']) => void;
}

function VisibilityChoice({ sharing: { visibility, your_role }, onChange }: VisibilityChoiceProps) {
  return (
    <fieldset disabled={your_role !== 'owner'}>
      <legend>{labels.visibility.legend}</legend>
      {(['public', 'private'] as const).map(choice => (
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
      {copied ? labels.copied : labels.copyLink}
    </button>
  );
}

interface MemberRowProps {
  member: Member;
  isOwner: boolean;
  onRole: (role: MemberRole) => void;
  onRemove: () => void;
}

function MemberRow({ member: { name, role, joined }, isOwner, onRole, onRemove }: MemberRowProps) {
  return (
    <li className="person">
      <span dir="auto">
        {name} {!joined && <span className="tag soft">{labels.waiting}</span>}
      </span>
      {isOwner ? (
        <>
          <select
            aria-label={labels.roleOf(name)}
            value={role}
            onChange={event => onRole(event.target.value as MemberRole)}
          >
            <RoleOptions />
          </select>
          <button
            type="button"
            className="quiet"
            aria-label={labels.removeName(name)}
            onClick={onRemove}
          >
            {labels.remove}
          </button>
        </>
      ) : (
        <span className="soft">{labels.roles[role]}</span>
      )}
    </li>
  );
}
