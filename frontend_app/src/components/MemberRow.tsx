// One person of a recipe, with the role; the owner can change it, or remove the person.

import type { User } from '@recipe-chat/client';
import type { MemberRole } from '../lib/access';
import type { Member } from '../lib/sharing';
import { lazyTexts } from '../texts-lazy';
import { Face } from './Face';
import { RoleOptions } from './Invite';

const labels = lazyTexts.share;

export function OwnerRow({ owner, isMe }: { owner: User; isMe: boolean }) {
  return (
    <li className="person">
      <Face user={owner} />
      <span className="person-name" dir="auto">
        {isMe ? labels.me(owner.name) : owner.name}
      </span>
      <span className="soft">{labels.roles.owner}</span>
    </li>
  );
}

interface Props {
  member: Member;
  isMe: boolean;
  isOwner: boolean;
  onRole: (role: MemberRole) => void;
  onRemove: () => void;
}

export function MemberRow({ member, isMe, isOwner, onRole, onRemove }: Props) {
  const { name, role, joined } = member;
  return (
    <li className="person">
      <Face user={{ id: member.id ?? name, name }} />
      <span className="person-name" dir="auto">
        {isMe ? labels.me(name) : name}{' '}
        {!joined && <span className="soft meta">{labels.waiting}</span>}
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
