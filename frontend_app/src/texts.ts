// Every text that the web app shows, and how it writes times and numbers. Texts of the parts that are loaded when they
// are needed are in texts-lazy.ts.

const locale = globalThis.navigator?.language ?? 'en';
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const number = new Intl.NumberFormat(locale);

export const numberText = (value: number): string => number.format(value);
export const timeText = (at: string): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : clock.format(date);
};
export const dayText = (at: string): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : day.format(date);
};
export const agoText = (passed: number): string => {
  const minutes = Math.round(passed / 60_000);
  return minutes < 60
    ? ago.format(-minutes, 'minute')
    : ago.format(-Math.round(minutes / 60), 'hour');
};

export const plural = (count: number, one: string, many: string) =>
  `${number.format(count)} ${count === 1 ? one : many}`;

export const texts = {
  appName: 'Recipe Chat',
  tagline: 'Talk about a recipe, and watch it change.',
  skipToChat: 'Skip to the conversation',
  home: 'Your recipes',
  status: {
    disconnected: 'Disconnected',
    connecting: 'Connecting...',
    authenticating: 'Authenticating...',
    authenticated: 'Connected',
    reconnecting: 'Reconnecting...',
  },
  signedInUntil: (time: string) => `Renews itself before ${time}`,
  nextTry: (seconds: number) => `in ${number.format(seconds)} s`,
  keepingSignedIn: 'Keeping you signed in…',
  outage: (waiting: number) =>
    waiting === 0
      ? 'No connection. What you write is kept and sent when you’re back.'
      : `No connection. We’ll send your ${plural(waiting, 'message', 'messages')} when you’re back.`,
  retryNow: 'Retry now',
  backOnline: 'Connected again.',
  ended: {
    sign_in: {
      title: 'You are signed out',
      text: 'Sign in again to go on. What you wrote is kept.',
    },
    try_again: { title: 'The connection has ended', text: 'What you wrote is kept.' },
    leave: { title: 'This recipe is private', text: 'Ask its owner to let you in.' },
  },
  signInAgain: 'Sign in again',
  tryAgain: 'Try again',
  notLoaded: 'This page could not be loaded.',
  partNotLoaded: 'This could not be loaded.',
  connectionId: (id: string) => `Connection ID: ${id}`,
  backToRecipes: 'Back to your recipes',
  signIn: {
    signIn: 'Sign in',
    signUp: 'Create an account',
    toSignUp: 'New here? Create an account',
    toSignIn: 'Have an account? Sign in',
    name: 'Name',
    password: 'Password',
    passwordHint: 'At least 8 characters',
    guest: 'Continue as guest',
    busy: 'One moment…',
    wrong: 'Invalid username or password',
    taken: 'This name is taken',
    unfit: 'The name or the password does not fit: 8 characters or more for the password.',
    tooMany: 'Too many tries. Wait a minute.',
    unreachable: 'The server cannot be reached. Try again.',
  },
  signOut: 'Sign out',
  chatTab: 'Chat',
  recipeTab: 'Recipe',
  recipeChanged: 'changed',
  conversation: 'Conversation',
  you: 'You',
  empty: 'Ask anything about this recipe',
  suggestions: ['add 2 cups flour', 'for 6 people', 'add step: Heat the pan'],
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
  stillSending: 'Still sending…',
  notSent: 'Not sent',
  failure: (code: string, message: string) =>
    ({ expired: 'waited for more than a day', message_too_long: 'too long' })[code] ?? message,
  deleteMessage: 'Delete',
  resendAll: (count: number) => `Resend all ${number.format(count)}`,
  composer: {
    label: 'Message',
    placeholder: 'Type a message...',
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
    fewer: 'One fewer',
    more: 'One more',
    forPeople: (count: number) => `for ${count} people`,
    undo: 'Undo',
    undoRequest: 'undo',
    ingredients: 'Ingredients',
    steps: 'Steps',
    noIngredients: 'No ingredients yet.',
    noSteps: 'No steps yet.',
    added: 'new',
    changed: 'changed',
    removed: 'removed',
    changedAgo: (when: string) => `Changed ${when}`,
    viewChanges: 'View changes',
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
  people: 'People',
  menu: 'More',
  theme: { label: 'Colours', auto: 'as the system', light: 'light', dark: 'dark' },
  debug: { title: 'Connection events', copy: 'Copy report', copied: 'Copied' },
  close: 'Close',
} as const;
