// Who may do what with a recipe, as far as the app shows or hides it; the server decides.

import type { Session } from '@recipe-chat/client';

export type MemberRole = 'editor' | 'viewer';
export type Role = MemberRole | 'owner';
export type Visibility = 'private' | 'open' | 'public';

/** The role in this session; null before the server has told it. */
export function roleOf(session: Session | null): Role | null {
  return (session?.role as Role | undefined) ?? null;
}

/** Whether controls that change the recipe are shown. */
export const mayEdit = (role: Role | null): boolean => role !== 'viewer';
