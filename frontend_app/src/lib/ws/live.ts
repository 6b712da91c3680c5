// The authenticated connection: updates, re-authentication in place, the heartbeat, and messages on their way.

import { hold, sendAuth, stop } from './attempts';
import { fullJitter, spread } from './backoff';
import { absorb, leavesGap } from './history';
import { age, type Outbox, refuse, settle, takeDue } from './outbox';
import type {
  AuthRequiredPayload,
  ErrorPayload,
  RecipeUpdatePayload,
  ServerFrame,
} from './protocol';
import type { Effect, Live, Moment, State } from './state';
import { andThen, type Step, step } from './step';

const USUAL_GRACE = 30_000;

export function received(state: State, frame: ServerFrame, moment: Moment): Step {
  switch (frame.type) {
    case 'recipe_update':
      return updated(state, frame.payload, moment);
    case 'auth_required':
      return authRequired(state, frame.payload, frame.timestamp, moment);
    case 'error':
      return refused(state, frame.payload, moment);
    case 'pong':
      return step(state);
    default:
      frame satisfies never;
      return step(state);
  }
}

function updated(state: State, update: RecipeUpdatePayload, moment: Moment): Step {
  const { link } = state;
  if (link.is === 'proving' && link.authId !== null) {
    return andThen(wentLive(state, moment), now => taken(now, update, moment));
  }
  if (link.is !== 'live') return step(state);
  if (link.authId !== null && update.in_reply_to === link.authId) {
    return andThen(authAnswered(state, link), now => taken(now, update, moment));
  }
  if (leavesGap(state.history, update)) return askForGap(state);
  return taken(state, update, moment);
}

function taken(state: State, update: RecipeUpdatePayload, moment: Moment): Step {
  const session = update.session ?? state.session;
  const history = absorb(state.history, update, moment.now);
  const outbox = settleWith(state, update, session?.user.id ?? null);
  return flush({ ...state, session, history, outbox }, moment);
}

function settleWith(state: State, update: RecipeUpdatePayload, userId: string | null) {
  const stored = update.message ? [...(update.messages ?? []), update.message] : update.messages;
  return stored ? settle(state.outbox, stored, userId) : state.outbox;
}

function wentLive(state: State, { now }: Moment): Step {
  const { silence, stableAfter } = state.config;
  const link: Live = {
    is: 'live',
    ask: 0,
    authId: null,
    heardAt: now,
    probing: false,
    reauth: null,
  };
  return step(
    { ...state, link, proven: true, authFailures: 0, outageSince: null },
    { is: 'clear_timer', timer: 'deadline' },
    { is: 'set_timer', timer: 'silence', after: silence },
    { is: 'set_timer', timer: 'stable', after: stableAfter },
    { is: 'told', what: 'live' },
  );
}

function authAnswered(state: State, link: Live): Step {
  const refreshed = link.reauth === null && state.refreshed;
  const calm: State = { ...state, refreshed, link: { ...link, authId: null, reauth: null } };
  return step(calm, { is: 'clear_timer', timer: 'reauth' });
}

/** An `auth` with our revision is answered by what is missing; a running re-authentication does that anyway. */
function askForGap(state: State): Step {
  if (state.link.is !== 'live' || state.link.reauth || state.link.authId) return step(state);
  return sendAuth(state, state.token ?? '');
}

function authRequired(
  state: State,
  { expires_at }: AuthRequiredPayload,
  sentAt: string,
  { now }: Moment,
): Step {
  const { link } = state;
  if (link.is !== 'live' || link.reauth) return step(state);
  // The difference of two of the server's own times: our clock may be wrong.
  const grace = Date.parse(expires_at) - Date.parse(sentAt);
  const until = now + (grace > 0 ? grace : USUAL_GRACE);
  return askAgain({
    ...state,
    link: { ...link, authId: null, reauth: { since: now, until, tries: 0 } },
  });
}

/** Asks for a token other than the one in use; the timer asks anew when the source hangs. */
function askAgain(state: State): Step {
  const { link } = state;
  if (link.is !== 'live' || !link.reauth) return step(state);
  const ask = state.count + 1;
  const reauth = { ...link.reauth, tries: link.reauth.tries + 1 };
  return step(
    { ...state, count: ask, link: { ...link, ask, reauth } },
    { is: 'ask_token', ask, fresh: true, not: state.token },
    { is: 'set_timer', timer: 'reauth', after: state.config.tokenTimeout },
  );
}

/** Time for another try, unless the server's deadline has passed: then it will close, and we open again. */
export function reauthDue(state: State, { now }: Moment): Step {
  const { link } = state;
  const late = link.is !== 'live' || !link.reauth || now >= link.reauth.until;
  return late ? step(state) : askAgain(state);
}

export function tokenForReauth(state: State, token: string, moment: Moment): Step {
  const { link } = state;
  if (link.is !== 'live') return step(state);
  if (token === state.token) return noTokenForReauth(state, 'unavailable', moment);
  return andThen(step(state, { is: 'clear_timer', timer: 'reauth' }), now => sendAuth(now, token));
}

export function noTokenForReauth(
  state: State,
  why: 'denied' | 'unavailable' | 'broken',
  { dice }: Moment,
): Step {
  const { link } = state;
  if (link.is !== 'live' || !link.reauth) return step(state);
  if (why === 'denied') return stop(state, { code: 0, reason: 'Signed out', action: 'sign_in' });
  const after = fullJitter(link.reauth.tries - 1, dice);
  return step({ ...state, link: { ...link, ask: 0 } }, { is: 'set_timer', timer: 'reauth', after });
}

function refused(state: State, error: ErrorPayload, moment: Moment): Step {
  const id = error.in_reply_to ?? '';
  const pause =
    error.retry_after_ms == null
      ? fullJitter(state.outbox.refusals, moment.dice)
      : spread(error.retry_after_ms, moment.dice);
  const outbox = refuse(state.outbox, id, error, moment.now + pause);
  return flush({ ...state, outbox }, moment);
}

/** Sends what is due, as far as the connection and the server's wishes allow. */
export function flush(state: State, { now }: Moment): Step {
  if (state.link.is !== 'live') return step(state);
  const [due, outbox] = takeDue(age(state.outbox, now, state.config.ackLate), now);
  const sends = due.map(({ id, content }): Effect => {
    const frame = { type: 'chat_message' as const, id, timestamp: '', payload: { content } };
    return { is: 'send', generation: state.generation, frame };
  });
  if (sends.length > 0) sends.push(...lateCheck(outbox, now, state.config.ackLate));
  const pause = outbox.pausedUntil - now;
  if (pause > 0) sends.push({ is: 'set_timer', timer: 'outbox', after: pause });
  return step({ ...state, outbox }, ...sends);
}

/** Looks again when the oldest message on the wire has waited for its echo too long. */
export function lateCheck(outbox: Outbox, now: number, ackLate: number): Effect[] {
  const waiting = outbox.messages.filter(({ status, late }) => status === 'sent' && !late);
  if (waiting.length === 0) return [];
  const oldest = Math.min(...waiting.map(({ sentAt }) => sentAt ?? now));
  return [{ is: 'set_timer', timer: 'late', after: oldest + ackLate - now }];
}

/** Something came in: the link is alive. */
export function heard(state: State, { now }: Moment): State {
  if (state.link.is !== 'live') return state;
  return { ...state, link: { ...state.link, heardAt: now, probing: false } };
}

/** Judges by the clock, not by the timer: timers of hidden pages come late. */
export function silenceChecked(state: State, moment: Moment): Step {
  const { link, config } = state;
  if (link.is !== 'live') return step(state);
  if (link.probing) return hold(state, moment, 'alongside');
  const quiet = moment.now - link.heardAt;
  if (quiet >= config.silence) return probe(state, config.probe);
  return step(state, { is: 'set_timer', timer: 'silence', after: config.silence - quiet });
}

export function probe(state: State, limit: number): Step {
  if (state.link.is !== 'live') return step(state);
  const count = state.count + 1;
  const frame = {
    type: 'ping' as const,
    id: `${state.prefix}-${count}`,
    timestamp: '',
    payload: {},
  };
  return step(
    { ...state, count, link: { ...state.link, probing: true } },
    { is: 'send', generation: state.generation, frame },
    { is: 'set_timer', timer: 'silence', after: limit },
  );
}
