// Lets the owner of a recipe invite somebody by name.

import { type FormEvent, useId } from 'react';
import type { MemberRole } from '../lib/sharing';
import { seldomWords } from '../words-seldom';

const say = seldomWords.people;

interface Props {
  /** Answers whether the name was taken in; else it stays in the field. */
  onInvite: (name: string, role: MemberRole) => Promise<boolean>;
}

export function Invitation({ onInvite }: Props) {
  const id = useId();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const entered = new FormData(form);
    const name = String(entered.get('name')).trim();
    const role = entered.get('role') === 'viewer' ? 'viewer' : 'editor';
    if (name !== '' && (await onInvite(name, role))) form.reset();
  };
  return (
    <form className="invitation" onSubmit={event => void submit(event)}>
      <p className="invited-name">
        <label htmlFor={`${id}-name`}>{say.name}</label>
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
        <label htmlFor={`${id}-role`}>{say.role}</label>
        <select id={`${id}-role`} name="role">
          <RoleOptions />
        </select>
      </p>
      <button type="submit" className="primary">
        {say.invite}
      </button>
    </form>
  );
}

export function RoleOptions() {
  return (
    <>
      <option value="editor">{say.roles.editor}</option>
      <option value="viewer">{say.roles.viewer}</option>
    </>
  );
}
