// Opens a recipe for the components below, for as long as it is mounted.

import { type ReactNode, useContext, useEffect } from 'react';
import { type Chats, ChatsContext } from './chats.ts';
import { RecipeContext } from './useRecipeChat.ts';

interface Props {
  recipeId: string;
  /** The chats of the person who is signed in, made once, outside components; those of `ChatsContext` by default. */
  chats?: Chats;
  children?: ReactNode;
}

export function RecipeChatProvider({ recipeId, chats: given, children }: Props) {
  const inherited = useContext(ChatsContext);
  const chats = given ?? inherited;
  useEffect(() => chats.acquire(recipeId), [chats, recipeId]);
  return <RecipeContext.Provider value={chats.get(recipeId)}>{children}</RecipeContext.Provider>;
}
