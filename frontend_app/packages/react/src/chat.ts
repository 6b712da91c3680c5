// What components see of a client: its snapshot, and what one can do. The same object until something changes, and the
// functions are the same for as long as the client is.

import type { Snapshot, WebSocketManager } from '@recipe-chat/client';

export interface Actions {
  manager: WebSocketManager;
  send: WebSocketManager['send'];
  sendMessage: WebSocketManager['sendMessage'];
  typing: WebSocketManager['typing'];
  retryNow: WebSocketManager['retryNow'];
}

export interface Chat extends Snapshot, Actions {}

interface View {
  actions: Actions;
  snapshot: Snapshot;
  chat: Chat;
}

const views = new WeakMap<WebSocketManager, View>();

export function chatOf(manager: WebSocketManager): Chat {
  const snapshot = manager.getSnapshot();
  const view = views.get(manager);
  if (view?.snapshot === snapshot) return view.chat;
  const actions = view?.actions ?? actionsOf(manager);
  const chat = { ...snapshot, ...actions };
  views.set(manager, { actions, snapshot, chat });
  return chat;
}

function actionsOf(manager: WebSocketManager): Actions {
  return {
    manager,
    send: text => manager.send(text),
    sendMessage: text => manager.sendMessage(text),
    typing: () => manager.typing(),
    retryNow: () => manager.retryNow(),
  };
}
