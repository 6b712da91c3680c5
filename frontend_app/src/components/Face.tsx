// A person as a coloured disc with the initial. Never alone the bearer of a meaning: the name stands beside it, or is
// its label.

import type { User } from '@recipe-chat/client';
import { colorOf, initialOf } from '../lib/people';

interface Props {
  user: User;
  small?: boolean;
  /** The name does not stand beside it. */
  labelled?: boolean;
}

export function Face({ user, small = false, labelled = false }: Props) {
  const label = labelled ? { role: 'img', 'aria-label': user.name, title: user.name } : HIDDEN;
  return (
    <span className={`face ${colorOf(user.id)}${small ? ' small' : ''}`} {...label}>
      {initialOf(user.name)}
    </span>
  );
}

const HIDDEN = { 'aria-hidden': true } as const;
