// What the package exports; everything else may change without notice.

export { SendError } from './acceptance.ts';
export type { Ending, Reason } from './closes.ts';
export type { PageChange } from './context.ts';
export {
  type Clock,
  type EnvironmentOptions,
  type Lifecycle,
  randomId,
  type Socket,
  type WebSocketClass,
} from './environment.ts';
export type { Events } from './events.ts';
export { MAX_HISTORY } from './history.ts';
export { jsonText, wellFormed } from './json.ts';
export type { Observer, Options, OutboxStore } from './options.ts';
export type { OutboxMessage } from './outbox.ts';
export * from './protocol.ts';
export type { Snapshot } from './snapshot.ts';
export type { ConnectionState } from './state.ts';
export { type GetToken, type TokenRequest, Unauthorized } from './token-source.ts';
export { type SendResult, type Sent, WebSocketManager } from './websocket.ts';
