// Who may come into a recipe: its people and their roles, links to pass on, and for whom it is open. The owner decides;
// others see the list, and may leave.

import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTaskQueue } from '../hooks/useTask';
import type { MemberRole } from '../lib/access';
import type { Api } from '../lib/api';
import { type Sharing, SharingCalls } from '../lib/sharing';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Invite } from './Invite';
import { LeaveButton } from './LeaveButton';
import { MemberRow, OwnerRow } from './MemberRow';
import { ShareLinks } from './ShareLinks';
import { VisibilityChoice } from './VisibilityChoice';

const labels = lazyTexts.share;

interface Props {
  api: Api;
  recipeId: string;
  /** The reader's name. */
  me: string;
}

export function Share({ api, recipeId, me }: Props) {
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
  const { owner, members, visibility, your_role } = sharing;
  const isOwner = your_role === 'owner';
  const setRole = (name: string, role: MemberRole, message: string) =>
    change(() => calls.invite(name, role), message);
  return (
    <div className="people">
      {isOwner && <ShareLinks api={api} recipeId={recipeId} />}
      {isOwner && (
        <Invite
          onInvite={(name, role) => setRole(name, role, labels.added(name, labels.roles[role]))}
        />
      )}
      <h3>{labels.list}</h3>
      <ul>
        <OwnerRow owner={owner} isMe={owner.name === me} />
        {members.map(member => (
          <MemberRow
            key={member.name}
            member={member}
            isMe={member.name === me}
            isOwner={isOwner}
            onRole={role => void setRole(member.name, role, labels.changed)}
            onRemove={() =>
              void change(() => calls.remove(member.name), labels.removed(member.name))
            }
          />
        ))}
      </ul>
      <VisibilityChoice
        recipeId={recipeId}
        visibility={visibility}
        isOwner={isOwner}
        onChange={choice => void change(() => calls.setVisibility(choice), labels.changed)}
      />
      {!isOwner && members.some(({ name }) => name === me) && <LeaveButton calls={calls} />}
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
  const [loadProblem, setLoadProblem] = useState('');
  const task = useTaskQueue({ 403: labels.forbidden });
  const reload = useCallback(async () => {
    try {
      setSharing(await calls.read());
      setLoadProblem('');
    } catch {
      setLoadProblem(labels.failed);
    }
  }, [calls]);
  useEffect(() => void reload(), [reload]);

  /** Resolves to whether it worked. */
  const change = async (request: () => Promise<void>, message: string): Promise<boolean> => {
    setSuccess('');
    const isDone = await task.run(async () => {
      await request();
      await reload();
    });
    if (isDone) setSuccess(message);
    return isDone;
  };
  const problem = task.problem || loadProblem;
  return { sharing, success, problem, reload: () => void reload(), change };
}
