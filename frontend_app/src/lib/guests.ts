// Guests: accounts without a password, for people who want to look first.

import type { User } from '@recipe-chat/client';

/** `guest` stands in a token pair; servers before it gave guests such a name. */
export function isGuest(user: User): boolean {
  return (user as { guest?: boolean }).guest ?? user.name.startsWith('guest-');
}
