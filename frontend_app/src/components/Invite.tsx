// Lets the owner of a recipe invite somebody by name.

import { type FormEvent, useId } from 'react';
import type { MemberRole } from '../lib/access';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.share;

interface Props {
  /** Resolves to whether the person was invited; if not, the name stays in the field. */
  onInvite: (name: string, role: MemberRole) => Promise<boolean>;
}

export function Invite({ onInvite }: Props) {
  const id = useId();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const name = String(data.get('name')).trim();
    const role = data.get('role') === 'viewer' ? 'viewer' : 'editor';
    if (name !== '' && (await onInvite(name, role))) form.reset();
  };
  return (
    <form className="invitation" onSubmit={event => void submit(event)}>
      <p className="invited-name">
        <label htmlFor={`${id}-name`}>{labels.name}</label>
        <input
          id={`${id}-name`}
          name="name"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          required
        />
      </p>
      <p>
        <label htmlFor={`${id}-role`}>{labels.role}</label>
        <select id={`${id}-role`} name="role">
          <RoleOptions />
        </select>
      </p>
      <button type="submit" className="secondary">
        {labels.invite}
      </button>
    </form>
  );
}

export function RoleOptions() {
  return (
    <>
      <option value="editor">{labels.roles.editor}</option>
      <option value="viewer">{labels.roles.viewer}</option>
    </>
  );
}
