// From nothing to an `auth` on the wire, and what follows when that fails. There is one way to open a socket: here.

import { fullJitter, LONGEST_WAIT } from './backoff';
import { type Ending, judgeClose } from './closes';
import { recall } from './outbox';
import type { AuthPayload } from './protocol';
import type { Effect, Event, Moment, State, Supply, Timer } from './state';
import { andThen, type Step, step } from './step';

const TIMERS: readonly Timer[] = [
  'deadline',
  'retry',
  'silence',
  'stable',
  'reauth',
  'late',
  'outbox',
];

/** Opens a socket, or asks for a token first where the last one failed us. */
export function attempt(state: State, supply: Supply): Step {
  const ask = state.count + 1;
  const counted = { ...state, count: ask };
  const fresh = supply === 'fresh';
  const asking: Effect = { is: 'ask_token', ask, fresh, not: fresh ? state.token : null };
  if (supply === 'alongside')
    return andThen(openSocket(counted, ask, null), now => step(now, asking));
  const limit: Effect = { is: 'set_timer', timer: 'deadline', after: state.config.tokenTimeout };
  return step({ ...counted, link: { is: 'seeking', ask, supply } }, asking, limit);
}

function openSocket(state: State, ask: number, token: string | null): Step {
  const generation = state.generation + 1;
  return step(
    { ...state, generation, link: { is: 'opening', ask, token } },
    { is: 'open', generation, recipeId: state.recipeId ?? '' },
    { is: 'set_timer', timer: 'deadline', after: state.config.openTimeout },
  );
}

export function opened(state: State): Step {
  const { link } = state;
  if (link.is !== 'opening') return step(state);
  const proving: State = { ...state, link: { is: 'proving', ask: link.ask, authId: null } };
  const limit: Effect = { is: 'set_timer', timer: 'deadline', after: state.config.authTimeout };
  const timed = step(proving, limit);
  return link.token === null ? timed : andThen(timed, now => sendAuth(now, link.token ?? ''));
}

/** A token for an attempt came; for a live connection see live.ts. */
export function tokenForAttempt(state: State, token: string): Step {
  const { link } = state;
  switch (link.is) {
    case 'seeking':
      return openSocket(state, 0, token);
    case 'opening':
      return step({ ...state, link: { ...link, ask: 0, token } });
    case 'proving':
      return sendAuth({ ...state, link: { ...link, ask: 0 } }, token);
    default:
      return step(state);
  }
}

/** Puts an `auth` on the wire that resumes where this client is. */
export function sendAuth(state: State, token: string): Step {
  const { link, history, session } = state;
  if (link.is !== 'proving' && link.is !== 'live') return step(state);
  const count = state.count + 1;
  const id = `${state.prefix}-${count}`;
  const payload: AuthPayload = { token };
  if (session && link.is === 'proving') payload.session = session.id;
  if (history.revision !== null) payload.revision = history.revision;
  return step(
    { ...state, count, token, link: { ...link, ask: 0, authId: id } },
    {
      is: 'send',
      generation: state.generation,
      frame: { type: 'auth', id, timestamp: '', payload },
    },
    { is: 'told', what: 'auth_sent' },
  );
}

export function noTokenForAttempt(
  state: State,
  why: 'denied' | 'unavailable' | 'broken',
  moment: Moment,
): Step {
  if (why === 'denied') return stop(state, { code: 0, reason: 'Signed out', action: 'sign_in' });
  const { link } = state;
  const supply = link.is === 'seeking' ? link.supply : 'first';
  if (why === 'unavailable') return hold(state, moment, supply);
  return failedProof(state, moment, supply, 'No token');
}

/** The time for this part of the attempt is over. */
export function deadlinePassed(state: State, moment: Moment): Step {
  const { link } = state;
  switch (link.is) {
    case 'seeking':
      return noTokenForAttempt(state, 'broken', moment);
    case 'opening':
      return hold(state, moment, link.token === null ? 'first' : 'alongside');
    case 'proving': {
      const supply = link.authId === null ? 'first' : 'alongside';
      return failedProof(state, moment, supply, 'Authentication timeout');
    }
    default:
      return step(state);
  }
}

function failedProof(state: State, moment: Moment, supply: Supply, reason: string): Step {
  const authFailures = state.authFailures + 1;
  const counted = { ...state, authFailures };
  if (authFailures < state.config.maxAuthAttempts) return hold(counted, moment, supply);
  return stop(counted, { code: 0, reason, action: 'try_again' });
}

export function closed(
  state: State,
  { code, reason }: Event & { is: 'closed' },
  moment: Moment,
): Step {
  const verdict = judgeClose(code, reason);
  if (verdict.is === 'stop') return stop(state, { code, reason, action: verdict.action });
  if (verdict.is === 'retry') return hold(state, moment, 'alongside');
  if (state.refreshed) return stop(state, { code, reason, action: 'sign_in' });
  const down = letGo({ ...state, refreshed: true, attempt: state.attempt + 1 }, moment);
  return andThen(down, now => attempt(now, 'fresh'));
}

/** Waits for the next attempt: for a while, or until somebody looks, or for the network. */
export function hold(state: State, moment: Moment, supply: Supply): Step {
  const attempt = state.attempt + 1;
  const why = state.hidden ? 'hidden' : state.offline ? 'offline' : 'backoff';
  const wait = why === 'offline' ? LONGEST_WAIT : fullJitter(attempt, moment.dice);
  const retryAt = why === 'hidden' ? null : moment.now + wait;
  return andThen(letGo({ ...state, attempt }, moment), now => {
    const waiting: State = { ...now, link: { is: 'waiting', why, retryAt, supply } };
    return retryAt === null
      ? step(waiting)
      : step(waiting, { is: 'set_timer', timer: 'retry', after: wait });
  });
}

/** Ends for good; only the person starts again. */
export function stop(state: State, ending: Ending | null): Step {
  if (state.link.is === 'off') return step(state);
  return step(
    { ...state, link: { is: 'off', ending }, outbox: recall(state.outbox), outageSince: null },
    ...TIMERS.map((timer): Effect => ({ is: 'clear_timer', timer })),
    { is: 'close', polite: true },
    { is: 'listen', on: false },
    { is: 'told', what: 'ended' },
  );
}

/** Abandons the socket without waiting for it, since a dead one may never say that it closed. */
function letGo(state: State, moment: Moment): Step {
  const outageSince = state.outageSince ?? moment.now;
  return step(
    { ...state, outbox: recall(state.outbox), outageSince },
    ...TIMERS.map((timer): Effect => ({ is: 'clear_timer', timer })),
    { is: 'close', polite: false },
  );
}
