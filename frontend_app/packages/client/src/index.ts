// What the package exports; everything else may change without notice.

export type { Ending } from './closes.ts';
export { randomId } from './environment.ts';
export { MAX_HISTORY } from './history.ts';
export { jsonText, wellFormed } from './json.ts';
export type { Observer, Options, OutboxStore } from './options.ts';
export type { OutboxMessage } from './outbox.ts';
export * from './protocol.ts';
export type { Snapshot } from './snapshot.ts';
export type { ConnectionState } from './state.ts';
export { TokenError, type TokenRequest, type TokenSource } from './token-source.ts';
export { type SendResult, WebSocketManager } from './websocket.ts';
