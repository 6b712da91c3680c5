'use client';
// What the package exports. The directive is for frameworks that also render on a server: hooks run in the browser.

export type { Actions, Chat } from './chat.ts';
export { Chats, ChatsContext } from './chats.ts';
export { RecipeChatProvider } from './RecipeChatProvider.tsx';
export {
  type ConnectionStatus,
  useConnectionState,
  usePresence,
  useRecipeChat,
} from './useRecipeChat.ts';
export { useWebSocket } from './useWebSocket.ts';
