// The client's mind: what happened goes in, the new state and what is to be done come out.
// Reads no clock, no socket, no storage and no dice. attempts.ts and live.ts hold the two halves of the decisions.

import {
  attempt,
  closed,
  deadlinePassed,
  hold,
  noTokenForAttempt,
  opened,
  stop,
  tokenForAttempt,
} from './attempts';
import { EMPTY_HISTORY, withOlder } from './history';
import {
  flush,
  heard,
  lateCheck,
  noTokenForReauth,
  probe,
  reauthDue,
  received,
  silenceChecked,
  tokenForReauth,
} from './live';
import { add, age, drop, EMPTY_OUTBOX, type Outbox, restore, retry } from './outbox';
import type { Event, Moment, State, Timer } from './state';
import { andThen, type Step, step } from './step';

export function reduce(state: State, event: Event, moment: Moment): Step {
  switch (event.is) {
    case 'connect':
      return connect(state, event, moment);
    case 'disconnect':
      return stop(state, null);
    case 'retry_now':
      return retryNow(state, moment);
    case 'opened':
      return current(state, event) ? opened(state) : step(state);
    case 'closed':
      return current(state, event) ? closed(state, event, moment) : step(state);
    case 'frame':
      return current(state, event)
        ? received(heard(state, moment), event.frame, moment)
        : step(state);
    case 'noise':
      return current(state, event) ? noise(heard(state, moment), event.tooLarge) : step(state);
    case 'token':
      if (!awaits(state, event.ask)) return step(state);
      return state.link.is === 'live'
        ? tokenForReauth(state, event.token, moment)
        : tokenForAttempt(state, event.token);
    case 'no_token':
      if (!awaits(state, event.ask)) return step(state);
      return state.link.is === 'live'
        ? noTokenForReauth(state, event.why, moment)
        : noTokenForAttempt(state, event.why, moment);
    case 'timer':
      return timed(state, event.timer, moment);
    case 'online':
    case 'shown':
    case 'thawed':
    case 'offline':
    case 'hidden':
    case 'frozen':
      return surroundings(state, event.is, moment);
    case 'send':
      return withOutbox(state, add(state.outbox, event.id, event.content, moment.now), moment);
    case 'retry_message':
      return withOutbox(state, retry(state.outbox, event.id, event.newId, moment.now), moment);
    case 'drop_message':
      return withOutbox(state, drop(state.outbox, event.id), moment);
    case 'restored':
      if (event.recipeId !== state.recipeId) return step(state);
      return withOutbox(state, restore(state.outbox, event.messages), moment);
    case 'older':
      if (event.recipeId !== state.recipeId) return step(state);
      return step({ ...state, history: withOlder(state.history, event.messages) });
    default:
      event satisfies never;
      return step(state);
  }
}

function current(state: State, { generation }: { generation: number }): boolean {
  return generation === state.generation && ['opening', 'proving', 'live'].includes(state.link.is);
}

function awaits(state: State, ask: number): boolean {
  return 'ask' in state.link && state.link.ask === ask;
}

function connect(
  state: State,
  { recipeId, hidden, offline }: Event & { is: 'connect' },
  moment: Moment,
): Step {
  const same = recipeId === state.recipeId;
  const fresh: State = {
    ...stop(state, null).state,
    recipeId,
    hidden,
    offline,
    attempt: 0,
    authFailures: 0,
    refreshed: false,
    proven: false,
    outageSince: moment.now,
    session: same ? state.session : null,
    history: same ? state.history : EMPTY_HISTORY,
    outbox: same ? state.outbox : EMPTY_OUTBOX,
  };
  const ended = { ...stop(state, null), state: fresh };
  return andThen(
    andThen(ended, now => step(now, { is: 'listen', on: true })),
    now => attempt(now, 'alongside'),
  );
}

/** The person does not want to wait: the next attempt starts now, and backoff anew. */
function retryNow(state: State, moment: Moment): Step {
  const { link } = state;
  const patient = { ...state, attempt: 0, outageSince: state.outageSince ?? moment.now };
  if (link.is === 'waiting') {
    const cleared = step(patient, { is: 'clear_timer', timer: 'retry' });
    return andThen(cleared, now => attempt(now, link.supply));
  }
  if (link.is !== 'off' || state.recipeId === null) return step(state);
  const fresh = { ...patient, authFailures: 0, refreshed: false };
  return andThen(step(fresh, { is: 'listen', on: true }), now => attempt(now, 'first'));
}

function surroundings(
  state: State,
  change: 'online' | 'shown' | 'thawed' | 'offline' | 'hidden' | 'frozen',
  moment: Moment,
): Step {
  switch (change) {
    case 'online':
      return awake({ ...state, offline: false }, moment);
    case 'shown':
    case 'thawed':
      return awake({ ...state, hidden: false }, moment);
    case 'hidden':
      return asleep({ ...state, hidden: true }, moment, false);
    case 'frozen':
      return asleep({ ...state, hidden: true }, moment, true);
    case 'offline':
      return asleep({ ...state, offline: true }, moment, true);
    default:
      change satisfies never;
      return step(state);
  }
}

function awake(state: State, moment: Moment): Step {
  if (state.link.is === 'live') return probe(state, state.config.wakeProbe);
  return state.link.is === 'waiting' && !state.hidden ? retryNow(state, moment) : step(state);
}

/** A frozen or offline page lets its socket go; a hidden one keeps it, but does not fight for a new one. */
function asleep(state: State, moment: Moment, socketIsLost: boolean): Step {
  const { link } = state;
  if (link.is === 'off') return step(state);
  if (link.is === 'waiting')
    return hold({ ...state, attempt: state.attempt - 1 }, moment, link.supply);
  const supply = link.is === 'seeking' ? link.supply : 'alongside';
  return socketIsLost ? hold(state, moment, supply) : step(state);
}

function noise(state: State, tooLarge: boolean): Step {
  if (!tooLarge) return step(state);
  return stop(state, { code: 1009, reason: 'Message too large', action: 'try_again' });
}

function timed(state: State, timer: Timer, moment: Moment): Step {
  switch (timer) {
    case 'deadline':
      return deadlinePassed(state, moment);
    case 'retry':
      return state.link.is === 'waiting' ? attempt(state, state.link.supply) : step(state);
    case 'silence':
      return silenceChecked(state, moment);
    case 'stable':
      return stable(state);
    case 'reauth':
      return reauthDue(state, moment);
    case 'outbox':
      return flush(state, moment);
    case 'late':
      return late(state, moment);
    default:
      timer satisfies never;
      return step(state);
  }
}

function stable(state: State): Step {
  const calm = state.link.is === 'live' && state.link.reauth === null;
  return step({ ...state, attempt: 0, refreshed: calm ? false : state.refreshed });
}

function late(state: State, { now }: Moment): Step {
  const outbox = age(state.outbox, now, state.config.ackLate);
  return step({ ...state, outbox }, ...lateCheck(outbox, now, state.config.ackLate));
}

function withOutbox(state: State, outbox: Outbox, moment: Moment): Step {
  return flush({ ...state, outbox }, moment);
}
