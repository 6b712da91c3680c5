// What the package exports.

export { type Chat, Chats, ChatsContext, useWebSocket } from './useWebSocket.ts';
