// Every text that the web app shows, and how it writes times and numbers. Texts of the parts that are loaded when they
// are needed are in texts-lazy.ts.

// The app is in English: of the reader's languages only an English one decides how times and numbers are written.
const locale = globalThis.navigator?.languages?.find(language => /^en\b/i.test(language)) ?? 'en';
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(locale, { dateStyle: 'long' });
const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const number = new Intl.NumberFormat(locale);

const MINUTE = 60_000;
const DAY = 86_400_000;

export const numberText = (value: number): string => number.format(value);
export const timeText = (at: string): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : clock.format(date);
};

/** "Today", "Yesterday", or the date. */
export const dayText = (at: string, now = Date.now()): string => {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  const days = Math.round((startOfDay(now) - startOfDay(date.getTime())) / DAY);
  if (days === 0 || days === 1) return days === 0 ? 'Today' : 'Yesterday';
  return (new Date(now).getFullYear() === date.getFullYear() ? day : dayAndYear).format(date);
};

const startOfDay = (at: number) => new Date(at).setHours(0, 0, 0, 0);

/** "just now", "5 min ago", "2 hr ago", or the date. */
export const agoText = (passed: number, now = Date.now()): string => {
  const minutes = Math.round(passed / MINUTE);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return short(ago.format(-minutes, 'minute'));
  if (passed < DAY) return short(ago.format(-Math.round(minutes / 60), 'hour'));
  const text = dayText(new Date(now - passed).toISOString(), now);
  return text === 'Yesterday' ? 'yesterday' : text;
};

const short = (text: string) => text.replace('.', '');

/** A number of seconds as a clock shows it: 1:05:09, 12:34. */
export const timerText = (seconds: number): string => {
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

export const plural = (count: number, one: string, many: string) =>
  `${number.format(count)} ${count === 1 ? one : many}`;

const DEED = /^([A-Z][a-z]+ed|Made|Came|Left|Undid|Gave)\b/;

export const texts = {
  appName: 'Recipe Chat',
  headline: 'Talk a recipe into shape, together.',
  tagline:
    'Say what you’d change, the way you’d say it in the kitchen. The recipe changes as you speak, for everyone you’re cooking with.',
  pageTitle: (title: string, unread: number) =>
    `${unread > 0 ? `(${unread}) ` : ''}${title} · Recipe Chat`,
  recipes: 'Recipes',
  share: 'Share',
  refused: 'That did not work. Try again.',
  notServed: 'This server does not offer this yet.',
  skipToChat: 'Skip to the conversation',
  home: 'Your recipes',
  status: {
    disconnected: 'Disconnected',
    connecting: 'Connecting...',
    authenticating: 'Authenticating...',
    authenticated: 'Connected',
    reconnecting: 'Reconnecting...',
  },
  signedInUntil: (time: string) => `Signed in until ${time}, renewed automatically`,
  nextTry: (seconds: number) => `in ${number.format(seconds)} s`,
  keepingSignedIn: 'Keeping you signed in…',
  outageAtStart: 'No connection. The recipe is shown when you’re back.',
  outage: (waiting: number) =>
    waiting === 0
      ? 'No connection. What you write is kept and sent when you’re back.'
      : `No connection. We’ll send your ${plural(waiting, 'message', 'messages')} when you’re back.`,
  retryNow: 'Retry now',
  backOnline: 'Connected again.',
  ended: {
    sign_in: 'You are signed out',
    try_again: 'The connection has ended',
    leave: 'No access',
  },
  tryAgain: 'Try again',
  notLoaded: 'This page could not be loaded.',
  partNotLoaded: 'This could not be loaded.',
  connectionId: (id: string) => `Connection ID: ${id}`,
  signIn: {
    signIn: 'Sign in',
    guest: 'Continue as guest',
    guestHint: 'No account needed. Choose a name later, and your recipes come with you.',
    tooMany: 'Too many tries. Wait a minute.',
    unreachable: 'The server cannot be reached. Try again.',
  },
  signOut: 'Sign out',
  conversation: 'Conversation',
  chatPanel: 'Chat',
  you: 'You',
  viewOnly: 'You can view this recipe. Ask its owner if you want to change it.',
  /** "ada made the recipe public"; what does not begin with a deed stands after a colon. */
  systemLine: (who: string, effect: string) =>
    DEED.test(effect)
      ? `${who} ${effect.charAt(0).toLowerCase()}${effect.slice(1)}`
      : `${who}: ${effect}`,
  unreadCount: (count: number) => `${number.format(count)} new`,
  earlier: {
    idle: 'Show earlier messages',
    loading: 'Loading earlier messages…',
    failed: 'Earlier messages cannot be loaded now. Try again',
  },
  showLater: 'Show later messages',
  olderKept: 'Older messages are kept on the server.',
  gap: 'Some messages in between are not shown.',
  newMessages: (count: number) =>
    count === 0 ? 'Newest ↓' : `${plural(count, 'new message', 'new messages')} ↓`,
  unread: 'New',
  sending: 'Sending…',
  waiting: 'Waiting for a connection',
  stillSending: 'Still sending…',
  notSent: 'Not sent',
  failure: (code: string, message: string) =>
    ({ expired: 'waited for more than a day', message_too_long: 'too long' })[code] ?? message,
  deleteMessage: 'Delete',
  resendAll: (count: number) => `Resend all ${number.format(count)}`,
  composer: {
    label: 'Message',
    placeholder: 'Type a message... “add 2 eggs”',
    authenticating: 'Authenticating...',
    send: 'Send',
    left: (count: number) => `${number.format(count)} characters left`,
    over: (count: number) => `${plural(count, 'character', 'characters')} too many`,
    full: 'Too many messages are waiting. This one stays here until some are sent.',
    disconnected: 'Not connected. Your text is kept.',
  },
  recipe: {
    label: 'Recipe',
    serves: 'Serves',
    servings: 'Servings',
    fewer: 'One fewer',
    more: 'One more',
    ownView: (count: number) => `Only for you: the recipe serves ${number.format(count)}.`,
    keepView: (count: number) => `Change it to ${number.format(count)} for everyone`,
    backTo: (count: number) => `Back to ${number.format(count)}`,
    forPeople: (count: number) => `for ${count} people`,
    undo: 'Undo',
    redo: 'Redo',
    undoTitle: (verb: string, what: string) => `${verb}: ${what}`,
    changeBy: (effect: string, who: string) => `${effect} (${who})`,
    ingredients: 'Ingredients',
    steps: 'Method',
    noIngredients: 'No ingredients yet.',
    noSteps: 'No steps yet.',
    added: 'new',
    changed: 'changed',
    removed: 'removed',
    changedByTitle: (who: string) => `Changed by ${who}: show in the history`,
    changedBy: (when: string, who: string) => `Changed ${when} by ${who}`,
    viewChanges: 'Show changes',
    hideChanges: 'Hide changes',
    announce: (ingredients: number, steps: number) => {
      const parts = [
        ingredients > 0 && `${plural(ingredients, 'ingredient', 'ingredients')} changed`,
        steps > 0 && `${plural(steps, 'step', 'steps')} changed`,
      ].filter(Boolean);
      return `Recipe updated${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
    },
    loading: 'Loading the recipe',
  },
  menu: 'More',
  theme: { label: 'Theme', auto: 'System', light: 'Light', dark: 'Dark' },
  account: 'Account',
  keepAccount: 'Keep my recipes…',
  timer: {
    start: (time: string) => `Start a timer: ${time}`,
    ofStep: (step: number) => `step ${step}`,
    left: (time: string) => `${time} left`,
    startRequest: (seconds: number, label: string) =>
      seconds % 60 === 0
        ? `timer ${seconds / 60} minutes for ${label}`
        : `timer ${seconds} seconds for ${label}`,
  },
  cook: 'Cook',
  typing: (names: readonly string[]) =>
    names.length > 2
      ? `${names.length} people are typing…`
      : `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} typing…`,
  onlyYou: 'Only you can see this',
  close: 'Close',
} as const;
