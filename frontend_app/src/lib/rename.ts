// Gives a recipe another name by the message that one would write: it stands in the conversation, and can be undone.

import type { Chats } from '@recipe-chat/react';
import { ApiError } from './api';

/** From the connection to the answer, in ms. */
const RENAME_TIMEOUT = 10_000;

/** Rejects with an `ApiError` that says why. */
export async function renameRecipe(chats: Chats, recipeId: string, title: string): Promise<void> {
  const release = chats.acquire(recipeId);
  const manager = chats.get(recipeId);
  const { message, accepted } = manager.send(`rename it to ${title}`);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ApiError(0, '')), RENAME_TIMEOUT);
  });
  try {
    const { effect, hint } = await Promise.race([accepted, late]);
    if (!effect) throw new ApiError(422, hint ?? '');
  } catch (error) {
    // It is not tried again behind the person's back.
    if (message) manager.dropMessage(message.id);
    if (error instanceof ApiError) throw error;
    throw new ApiError(422, error instanceof Error ? error.message : '');
  } finally {
    clearTimeout(timer);
    release();
  }
}
