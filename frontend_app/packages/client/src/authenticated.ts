// The authenticated connection: recipe updates, re-authentication on the same socket, and the heartbeat.

import {
  backOff,
  onClosed,
  resetFailures,
  sendAuth,
  startAttempt,
  TOKEN_TIMEOUT,
} from './connecting.ts';
import { onSendError, onStored } from './delivery.ts';
import { applyUpdate, followsOn, messagesOf, withoutMessages } from './history.ts';
import { requeueSent } from './outbox.ts';
import type { RecipeUpdatePayload, ServerFrame, Session } from './protocol.ts';
import type { Authenticated, Draft, SentAuth } from './state.ts';

/** A `ping` is sent after this time without a frame. */
const MAX_SILENCE = 25_000;
const PONG_TIMEOUT = 10_000;
const PONG_TIMEOUT_AFTER_SLEEP = 3_000;
/** A connection that lasted this long resets the back-off. */
const STABLE_AFTER = 10_000;

type PayloadOf<Type> = Extract<ServerFrame, { type: Type }>['payload'];

/** What each type of frame does, by its payload and the time that the server wrote on it. */
export const frameHandlers: {
  [Type in ServerFrame['type']]: (draft: Draft, payload: PayloadOf<Type>, sentAt: string) => void;
} = {
  recipe_update: onRecipeUpdate,
  auth_required: onAuthRequired,
  error: onError,
  pong() {},
  // The close event itself may come late, or never.
  closing: onClosed,
  presence(draft, presence) {
    draft.presence = presence;
  },
};

function onRecipeUpdate(draft: Draft, update: RecipeUpdatePayload, sentAt: string): void {
  const { connection } = draft;
  const { auth } = connection;
  const isAnswer = connection.kind === 'authenticating' || update.in_reply_to === auth?.id;
  if (auth && isAnswer) onAuthAnswered(draft, auth, update);
  else if (connection.kind !== 'authenticated') return;
  else if (!followsOn(draft.history, update)) return requestMissing(draft, connection);
  if (update.session) onSession(draft, update.session, sentAt);
  draft.history = applyUpdate(draft.history, update, draft.now);
  onStored(draft, messagesOf(update));
}

function onSession(draft: Draft, session: Session, sentAt: string): void {
  draft.session = session;
  draft.connectionId = session.connection ?? draft.connectionId;
  if (draft.connection.kind === 'authenticated')
    draft.connection.expiresAt = toOurClock(draft, session.expires_at, sentAt);
}

/** A time of the server by our clock, which may be wrong: only the difference between two times of the server counts. */
function toOurClock({ now }: Draft, time: string, sentAt: string): number {
  return now + Date.parse(time) - Date.parse(sentAt);
}

/** The server's answer decides, also when it knows less than this client: it may have gone back to a backup. */
function onAuthAnswered(draft: Draft, { revision }: SentAuth, update: RecipeUpdatePayload): void {
  const { connection } = draft;
  if (connection.kind !== 'authenticated') becomeAuthenticated(draft);
  else {
    if (connection.reauthSince !== null) resetFailures(draft);
    connection.auth = null;
    connection.reauthSince = null;
  }
  const isBehind = update.revision < (revision ?? 0);
  if (isBehind || update.recovered === false) draft.history = withoutMessages(draft.history);
}

function becomeAuthenticated(draft: Draft): void {
  draft.connection = {
    kind: 'authenticated',
    until: draft.now + MAX_SILENCE,
    stableAt: draft.now + STABLE_AFTER,
    nextTokenRequest: Number.POSITIVE_INFINITY,
    expiresAt: Number.POSITIVE_INFINITY,
    reauthSince: null,
  };
  draft.authenticatedOnce = true;
  draft.authFailures = 0;
  draft.reason = null;
  draft.outageSince = null;
  // What was sent on the socket before may not have arrived.
  draft.outbox = requeueSent(draft.outbox);
}

/** An `auth` with our revision is answered by what is missing; a running re-authentication does that anyway. */
function requestMissing(draft: Draft, connection: Authenticated): void {
  if (connection.reauthSince === null) connection.auth ??= sendAuth(draft);
}

function onAuthRequired(draft: Draft): void {
  const { connection, now } = draft;
  if (connection.kind !== 'authenticated' || connection.reauthSince !== null) return;
  connection.reauthSince = now;
  connection.auth = null;
  requestOtherToken(draft, connection);
}

/**
 * Asks for a token other than the one in use, and again when the source does not answer, until the server closes the
 * connection.
 */
function requestOtherToken(draft: Draft, connection: Authenticated): void {
  draft.tokenRequest = { forceRefresh: true, reason: 'auth_required', staleToken: draft.token };
  connection.nextTokenRequest = draft.now + TOKEN_TIMEOUT;
}

function onError(draft: Draft, error: PayloadOf<'error'>): void {
  const { auth } = draft.connection;
  // Nothing else answers this `auth`; a new connection begins with one.
  if (auth && error.in_reply_to === auth.id) backOff(draft, error.message);
  else onSendError(draft, error);
}

/** A frame came in: the connection is alive. */
export function onActivity({ connection, now }: Draft): void {
  if (connection.kind !== 'authenticated') return;
  connection.until = now + MAX_SILENCE;
  connection.awaitingPong = false;
}

/** Judges by the clock, not by the timer: timers of hidden pages come late. */
export function onTimer(draft: Draft, connection: Authenticated): void {
  const { now } = draft;
  if (now >= connection.nextTokenRequest) requestOtherToken(draft, connection);
  if (now < connection.until) return;
  if (connection.awaitingPong) backOff(draft, 'No answer to ping');
  else sendPing(draft, connection, PONG_TIMEOUT);
}

/**
 * After the machine slept, or the page was hidden or offline: a connection whose token has expired meanwhile is over,
 * whatever the socket says; any other has to answer a `ping` soon.
 */
export function checkAfterSleep(draft: Draft, connection: Authenticated): void {
  // A date that cannot be read is NaN, and never passed.
  if (draft.now >= connection.expiresAt) {
    draft.forceRefresh = true;
    backOff(draft, 'Token expired');
    if (!draft.hidden) startAttempt(draft);
  } else sendPing(draft, connection, PONG_TIMEOUT_AFTER_SLEEP);
}

function sendPing(
  { frames, newId: id, now }: Draft,
  connection: Authenticated,
  timeout: number,
): void {
  connection.awaitingPong = true;
  connection.until = now + timeout;
  frames.push({ type: 'ping', id, payload: {} });
}
